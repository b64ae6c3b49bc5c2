"""Presets: a name or a YAML file -> complete, checked settings of every stage and member."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from handseg.errors import BadInput, shown, told
from handseg.presets import plain_yaml, sections
from handseg.presets.sections import check_keys, mapping, merged
from handseg.settings import (
    EnsembleSettings,
    InferSettings,
    PreprocessSettings,
    SplitSettings,
    TrainSettings,
)
from handseg.settings_bounds import is_finite
from handseg.settings_codec import from_dict

_SECTIONS = ("split", "preprocess", "train", "members", "infer", "ensemble")
_MEMBER_KEYS = ("name", "fold", "weight", "train")
_FOLDER = resources.files("handseg.presets")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class Member:
    """One model of the ensemble: the loop variable of a pipeline."""

    name: str
    """Names its folders: letters, digits, dot, dash and underscore."""
    fold: int
    """The held-out fold."""
    weight: float | None
    """Its weight in soft voting; None takes its validation Dice."""
    train: TrainSettings


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A named, complete set of settings."""

    name: str
    split: SplitSettings
    preprocess: PreprocessSettings
    members: list[Member]
    infer: InferSettings
    ensemble: EnsembleSettings

    @property
    def weights(self) -> list[float] | None:
        """The members' weights in order, or None where their validation Dice decides."""
        given = [member.weight for member in self.members if member.weight is not None]
        return given or None


def names() -> list[str]:
    """The presets that come with the package, sorted."""
    return sections.names(_FOLDER)


def load(name_or_path: str, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Preset:
    """Read a preset and check all of it.

    Args:
        name_or_path: a name of names(), or the path of a YAML file of the same form (it ends in
            .yaml or .yml).
        overrides: section -> values that replace the preset's; those of `train` apply to every
            member, over what the member itself says.

    Returns:
        The preset; without `members` it has one member per fold, named fold0, fold1, ...

    Raises:
        MissingInput: no such preset or file.
        BadInput: an unknown key, or a value that cannot be right; the message names both.
    """
    text, name = sections.read(name_or_path, _FOLDER, kind="preset")
    where = f"preset {name_or_path}"
    given = plain_yaml.load_mapping(text, where=where)
    check_keys(given, _SECTIONS, where)
    changes = dict(overrides or {})
    check_keys(changes, _SECTIONS, "overrides")

    def section(key: str) -> dict[str, Any]:
        return merged(mapping(given, key, where), mapping(changes, key, "overrides"))

    split = from_dict(SplitSettings, section("split"), where=f"{where}: split")
    return Preset(
        name=name,
        split=split,
        preprocess=from_dict(
            PreprocessSettings, section("preprocess"), where=f"{where}: preprocess"
        ),
        members=_members(given, changes.get("train", {}), split.folds, where),
        infer=from_dict(InferSettings, section("infer"), where=f"{where}: infer"),
        ensemble=from_dict(EnsembleSettings, section("ensemble"), where=f"{where}: ensemble"),
    )


def _members(
    given: Mapping[str, Any], change: Mapping[str, Any], folds: int, where: str
) -> list[Member]:
    base = mapping(given, "train", where)
    entries = given.get("members")
    if entries is None:
        entries = [{"name": f"fold{fold}", "fold": fold} for fold in range(folds)]
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{where}: members: expected a list of members, got {shown(entries)}")
    members = []
    for index, entry in enumerate(entries):
        place = f"{where}: members[{index}]"
        if not isinstance(entry, dict):
            raise BadInput(f"{place}: expected a mapping, got {shown(entry)}")
        check_keys(entry, _MEMBER_KEYS, place)
        train = merged(merged(base, mapping(entry, "train", place)), change)
        settings = from_dict(TrainSettings, train, where=f"{place}: train")
        members.append(_member(entry, settings, folds, place))
    _check_together(members, where)
    return members


def _member(entry: Mapping[str, Any], train: TrainSettings, folds: int, place: str) -> Member:
    fold, weight = entry.get("fold"), entry.get("weight")
    if type(fold) is not int or not 0 <= fold < folds:
        raise BadInput(
            f"{place}: fold must be a whole number from 0 to {folds - 1}, got {shown(fold)}"
        )
    name = entry.get("name", f"fold{fold}")
    if not isinstance(name, str) or not _SAFE_NAME.fullmatch(name):
        raise BadInput(
            f"{place}: name {shown(name)} must be letters, digits, dot, dash or underscore"
        )
    if weight is not None:
        if not is_finite(weight) or weight < 0:
            raise BadInput(f"{place}: weight must be 0 or more, got {shown(weight)}")
        weight = float(weight)
    return Member(name=name, fold=fold, weight=weight, train=train)


def _check_together(members: list[Member], where: str) -> None:
    taken = [member.name for member in members]
    repeated = sorted({name for name in taken if taken.count(name) > 1})
    if repeated:
        raise BadInput(
            f"{where}: two members are named {told(repeated[0])}; give each its own name"
        )
    given = [member.weight for member in members if member.weight is not None]
    if given and len(given) < len(members):
        raise BadInput(
            f"{where}: {len(given)} of {len(members)} members have a weight; all or none"
        )
    if given and sum(given) == 0:
        raise BadInput(f"{where}: every member's weight is 0; at least one must be above 0")
