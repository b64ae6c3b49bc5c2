"""Experiment tables: a name or a YAML file -> arms with complete, checked settings."""

import dataclasses
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Literal, get_args

from handseg.errors import BadInput, shown, told
from handseg.experiments import entry
from handseg.experiments.arm import Arm, Table, Vote
from handseg.presets import plain_yaml, sections
from handseg.settings import SplitSettings
from handseg.settings_codec import from_dict

Part = Literal["oof", "test"]
_FOLDER = resources.files("handseg.experiments") / "tables"
_KEYS = ("title", "part", "split", "folds", "seeds", *entry.SECTIONS, "arms", "vary")


def names() -> list[str]:
    """The tables that come with the package, sorted."""
    return sections.names(_FOLDER)


def load(name_or_path: str) -> Table:
    """Read a table and check all of it.

    Args:
        name_or_path: a name of names(), or the path of a YAML file of the same form.

    Returns:
        The table. Its first arm is the one that others are compared to, unless they name another.

    Raises:
        MissingInput: no such table or file.
        BadInput: an unknown key, or a value that cannot be right; the message names both.
    """
    text, name = sections.read(name_or_path, _FOLDER, kind="table")
    where = f"table {name_or_path}"
    given = plain_yaml.load_mapping(text, where=where)
    sections.check_keys(given, _KEYS, where)
    part = given.get("part", "oof")
    if part not in get_args(Part):
        raise BadInput(f"{where}: part must be oof or test, got {shown(part)}")
    split = from_dict(
        SplitSettings, sections.mapping(given, "split", where), where=f"{where}: split"
    )
    base = entry.Base(
        sections={key: sections.mapping(given, key, where) for key in entry.SECTIONS},
        folds=entry.whole_numbers(given, "folds", list(range(split.folds)), where),
        seeds=entry.whole_numbers(given, "seeds", [0], where),
    )
    arms = [
        entry.read(value, base, f"{where}: arms[{index}]")
        for index, value in enumerate([*_entries(given, where), *_varied(given, base, where)])
    ]
    _check(arms, split.folds, where)
    first = arms[0].name
    arms = [
        dataclasses.replace(arm, against=None if arm.name == first else arm.against or first)
        for arm in arms
    ]
    return Table(
        name=name,
        title=str(given.get("title", name)),
        part=part,
        folds=split.folds,
        arms=tuple(arms),
    )


def _entries(given: Mapping[str, Any], where: str) -> list[Any]:
    entries = given.get("arms") or []
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{where}: arms: expected a list of arms, got {shown(entries)}")
    return entries


def _varied(given: Mapping[str, Any], base: entry.Base, where: str) -> list[dict[str, Any]]:
    """An arm for each value of each setting under `vary`, everything else as the table has it."""
    entries = []
    for key, values in sections.mapping(given, "vary", where).items():
        section, *path = key.split(".")
        if section not in entry.SECTIONS or not path:
            raise BadInput(
                f"{where}: vary: {shown(key)} must be a setting such as train.loss, in one of "
                f"{', '.join(entry.SECTIONS)}"
            )
        if not isinstance(values, list) or not values:
            place = f"{where}: vary: {told(key)}"
            raise BadInput(f"{place}: expected a list of values, got {shown(values)}")
        for value in values:
            change: Any = value
            for part in reversed(path):
                change = {part: change}
            entries.append({"name": f"{path[-1]}={entry.plain(value)}", section: change})
    return entries


def _check(arms: Sequence[Arm], folds: int, where: str) -> None:
    """Refuse arms that do not fit together."""
    taken = [arm.name for arm in arms]
    repeated = sorted({name for name in taken if taken.count(name) > 1})
    if repeated:
        raise BadInput(f"{where}: two arms are named {repeated[0]}; give each its own name")
    by_name = {arm.name: arm for arm in arms}
    for arm in arms:
        if arm.against is not None and arm.against not in by_name:
            raise BadInput(f"{where}: {arm.name}: against {told(arm.against)}, which is no arm")
        for fold in arm.folds:
            if fold >= folds:
                raise BadInput(f"{where}: {arm.name}: fold {fold} of {folds}, counted from 0")
        if isinstance(arm.how, Vote):
            _check_voters(arm, arm.how, by_name, where)


def _check_voters(arm: Arm, vote: Vote, by_name: Mapping[str, Arm], where: str) -> None:
    place = f"{where}: {arm.name}"
    for voter in vote.voters:
        other = by_name.get(voter.arm)
        if other is None or isinstance(other.how, Vote):
            raise BadInput(f"{place}: member {told(voter.arm)} is no arm that is trained")
        if voter.fold is not None and voter.fold not in other.folds:
            raise BadInput(f"{place}: {voter.arm} is not trained on fold {voter.fold}")
        if voter.fold is None and len(other.folds) > 1 and isinstance(vote.weights, tuple):
            raise BadInput(f"{place}: a weight is of one member; say which fold of {voter.arm}")
        wanted = arm.seeds if voter.seed is None else (voter.seed,)
        lacking = sorted(set(wanted) - set(other.seeds))
        if lacking:
            raise BadInput(f"{place}: {voter.arm} is not trained with seed {lacking[0]}")


def narrowed(
    table: Table,
    *,
    arms: Sequence[str] = (),
    folds: Sequence[int] = (),
    part: Part | None = None,
) -> Table:
    """Take a part of a table.

    Args:
        table: complete.
        arms: names; those they are compared to and those that vote in them come along. Empty
            takes all.
        folds: of each arm those that are among these, and all of an arm that has none of them.
            Empty takes all.
        part: whose images are scored; None leaves it as the table has it.

    Raises:
        BadInput: an arm or a fold that the table does not have.
    """
    wanted = _with_needed(table, arms) if arms else {arm.name for arm in table.arms}
    left = [arm for arm in table.arms if arm.name in wanted]
    unknown = [fold for fold in folds if not 0 <= fold < table.folds]
    if unknown:
        raise BadInput(f"folds: {unknown[0]} is not one of {table.folds}, counted from 0")
    if folds:
        left = [
            dataclasses.replace(arm, folds=tuple(f for f in arm.folds if f in folds) or arm.folds)
            for arm in left
        ]
    found = dataclasses.replace(table, arms=tuple(left), part=part or table.part)
    _check(found.arms, found.folds, f"table {table.name}")
    return found


def _with_needed(table: Table, names: Sequence[str]) -> set[str]:
    known = {arm.name: arm for arm in table.arms}
    wanted, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise BadInput(f"arms: {name} is none of {', '.join(known)}")
        if name in wanted:
            continue
        wanted.add(name)
        arm = known[name]
        waiting += [arm.against] if arm.against else []
        waiting += [voter.arm for voter in arm.how.voters] if isinstance(arm.how, Vote) else []
    return wanted
