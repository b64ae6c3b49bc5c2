"""Presets: a name or a YAML file -> complete, checked settings of every stage and member."""

import copy
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

from handseg.errors import BadInput, MissingInput
from handseg.presets import plain_yaml
from handseg.settings import (
    EnsembleSettings,
    InferSettings,
    PreprocessSettings,
    SplitSettings,
    TrainSettings,
)
from handseg.settings_codec import from_dict

_SECTIONS = ("split", "preprocess", "train", "members", "infer", "ensemble")
_MEMBER_KEYS = ("name", "fold", "weight", "train")
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
    files = resources.files("handseg.presets").iterdir()
    return sorted(Path(file.name).stem for file in files if file.name.endswith(".yaml"))


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
    text, name = _read(name_or_path)
    where = f"preset {name_or_path}"
    sections = plain_yaml.load_mapping(text, where=where)
    _check_keys(sections, _SECTIONS, where)
    changes = dict(overrides or {})
    _check_keys(changes, _SECTIONS, "overrides")

    def section(key: str) -> dict[str, Any]:
        return _merged(_mapping(sections, key, where), _mapping(changes, key, "overrides"))

    split = from_dict(SplitSettings, section("split"), where=f"{where}: split")
    return Preset(
        name=name,
        split=split,
        preprocess=from_dict(
            PreprocessSettings, section("preprocess"), where=f"{where}: preprocess"
        ),
        members=_members(sections, changes.get("train", {}), split.folds, where),
        infer=from_dict(InferSettings, section("infer"), where=f"{where}: infer"),
        ensemble=from_dict(EnsembleSettings, section("ensemble"), where=f"{where}: ensemble"),
    )


def _read(name_or_path: str) -> tuple[str, str]:
    if name_or_path.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if not path.is_file():
            raise MissingInput(f"{path}: no such preset file; the presets are {', '.join(names())}")
        return path.read_text(encoding="utf-8"), path.stem
    if name_or_path not in names():
        near = get_close_matches(name_or_path, names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names())}"
        raise MissingInput(f"{name_or_path}: no such preset; {hint} (or give a .yaml file)")
    file = resources.files("handseg.presets") / f"{name_or_path}.yaml"
    return file.read_text(encoding="utf-8"), name_or_path


def _members(
    sections: Mapping[str, Any], change: Mapping[str, Any], folds: int, where: str
) -> list[Member]:
    base = _mapping(sections, "train", where)
    entries = sections.get("members")
    if entries is None:
        entries = [{"name": f"fold{fold}", "fold": fold} for fold in range(folds)]
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{where}: members: expected a list of members, got {entries!r}")
    members = []
    for index, entry in enumerate(entries):
        place = f"{where}: members[{index}]"
        if not isinstance(entry, dict):
            raise BadInput(f"{place}: expected a mapping, got {entry!r}")
        _check_keys(entry, _MEMBER_KEYS, place)
        train = _merged(_merged(base, _mapping(entry, "train", place)), change)
        settings = from_dict(TrainSettings, train, where=f"{place}: train")
        members.append(_member(entry, settings, folds, place))
    _check_together(members, where)
    return members


def _member(entry: Mapping[str, Any], train: TrainSettings, folds: int, place: str) -> Member:
    fold, weight = entry.get("fold"), entry.get("weight")
    if type(fold) is not int or not 0 <= fold < folds:
        raise BadInput(f"{place}: fold must be a whole number from 0 to {folds - 1}, got {fold!r}")
    name = entry.get("name", f"fold{fold}")
    if not isinstance(name, str) or not _SAFE_NAME.fullmatch(name):
        raise BadInput(f"{place}: name {name!r} must be letters, digits, dot, dash or underscore")
    if weight is not None:
        if type(weight) not in (int, float) or not math.isfinite(weight) or weight < 0:
            raise BadInput(f"{place}: weight must be 0 or more, got {weight!r}")
        weight = float(weight)
    return Member(name=name, fold=fold, weight=weight, train=train)


def _check_together(members: list[Member], where: str) -> None:
    taken = [member.name for member in members]
    repeated = sorted({name for name in taken if taken.count(name) > 1})
    if repeated:
        raise BadInput(f"{where}: two members are named {repeated[0]}; give each its own name")
    given = [member.weight for member in members if member.weight is not None]
    if given and len(given) < len(members):
        raise BadInput(
            f"{where}: {len(given)} of {len(members)} members have a weight; all or none"
        )
    if given and sum(given) == 0:
        raise BadInput(f"{where}: every member's weight is 0; at least one must be above 0")


def _mapping(values: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = values.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput(f"{where}: {key}: expected a mapping of settings, got {value!r}")
    return dict(value)


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The base with the change's values over it, nested mappings merged key by key."""
    merged = copy.deepcopy(dict(base))
    for key, value in change.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, Mapping)
        merged[key] = _merged(old or {}, value) if both else copy.deepcopy(value)
    return merged


def _check_keys(values: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise BadInput(f"{where}: unknown key {key!r}; {hint}")
