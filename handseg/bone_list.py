"""Other bones than the hand's: a YAML file with their names, which HANDSEG_BONES is the path of.

names: [Talus, Calcaneus, Navicular]      # in the order of class ids
short: [Ta, Ca, Na]                       # at most two letters each; by default their numbers
groups: {hindfoot: [Talus, Calcaneus]}    # shown together in report and viewer
overlapping: [[Talus, Calcaneus]]         # whose labels are kept apart in pictures
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handseg import plain_text
from handseg.errors import BadInput, MissingInput, shown
from handseg.presets import plain_yaml
from handseg.presets.sections import check_keys

VARIABLE = "HANDSEG_BONES"
REMEDY = f"name other bones by {VARIABLE}"
MOST = 31
"""The bit field's: one bit of a signed 32-bit number each."""
_KEYS = ("names", "short", "groups", "overlapping")
# As in a CSV that no spreadsheet runs, and as the name of a file.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,39}")
_SHORT = re.compile(r"\w{1,2}")


@dataclass(frozen=True, kw_only=True)
class BoneList:
    """Bones in the order of their class ids."""

    names: tuple[str, ...]
    short: tuple[str, ...]
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    overlapping: tuple[tuple[int, int], ...] = ()


def chosen() -> BoneList | None:
    """The list that the environment names; None where it names none.

    Raises:
        MissingInput: there is no such file.
        BadInput: it is no list of bones.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    if not Path(path).is_file():
        raise MissingInput(f"{VARIABLE}={path}: not found; give the path of a YAML file with names")
    text = plain_text.read(Path(path), remedy="save it as UTF-8")
    return parse(text, where=f"{VARIABLE}={path}")


def parse(text: str, *, where: str) -> BoneList:
    """Read a list; `where` names it in errors.

    Raises:
        BadInput: a key is unknown, a name is refused or given twice, or there are none or too many.
    """
    given = plain_yaml.load_mapping(text, where=where)
    check_keys(given, _KEYS, where)
    names = _texts(given.get("names"), f"{where}: names")
    if not 1 <= len(names) <= MOST:
        raise BadInput(f"{where}: {len(names)} names; give 1 to {MOST}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadInput(f"{where}: name {shown(name)}; give letters, digits, '.', '_' and '-'")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"{where}: {twice} is named twice; name each bone once")
    return BoneList(
        names=names,
        short=_short(given.get("short"), len(names), where),
        groups=_groups(given.get("groups"), names, where),
        overlapping=_pairs(given.get("overlapping"), names, where),
    )


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadInput(f"{where}: {shown(value)} is no list of texts; write [Talus, Calcaneus]")
    return tuple(value)


def _short(value: Any, count: int, where: str) -> tuple[str, ...]:
    if value is None:
        return tuple(str(number) for number in range(1, count + 1))
    short = _texts(value, f"{where}: short")
    if len(short) != count or any(not _SHORT.fullmatch(text) for text in short):
        raise BadInput(f"{where}: short has {len(short)}; give one or two letters for each name")
    return short


def _groups(value: Any, names: tuple[str, ...], where: str) -> dict[str, tuple[int, ...]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput(f"{where}: groups: {shown(value)} is no mapping; write NAME: [BONE, BONE]")
    return {
        str(group): tuple(_id(name, names, where) for name in _texts(found, f"{where}: groups"))
        for group, found in value.items()
    }


def _pairs(value: Any, names: tuple[str, ...], where: str) -> tuple[tuple[int, int], ...]:
    pairs = []
    if not isinstance(value, list | None):
        raise BadInput(f"{where}: overlapping: {shown(value)} is no list; write [[BONE, BONE]]")
    for entry in value or []:
        pair = _texts(entry, f"{where}: overlapping")
        if len(pair) != 2:
            raise BadInput(f"{where}: overlapping: {shown(entry)} is no pair; give two names")
        pairs.append((_id(pair[0], names, where), _id(pair[1], names, where)))
    return tuple(pairs)


def _id(name: str, names: tuple[str, ...], where: str) -> int:
    if name not in names:
        raise BadInput(f"{where}: {shown(name)} is none of its names; correct it")
    return names.index(name)
