"""Mappings as YAML files hold them: found by name, checked key by key, laid over one another."""

import copy
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from handseg import plain_text
from handseg.errors import BadInput, MissingInput, shown, told

MOST_BYTES = 200_000
"""Of a user's file; fifty times the longest of this package, and a second or two to read."""


def names(folder: Traversable) -> list[str]:
    """The YAML files that come with the package in one folder, without their suffix, sorted."""
    return sorted(Path(f.name).stem for f in folder.iterdir() if f.name.endswith(".yaml"))


def read(name_or_path: str, folder: Traversable, *, kind: str) -> tuple[str, str]:
    """Read the text of a file that comes with the package, or of a user's.

    Args:
        name_or_path: a name of names(folder), or a path that ends in .yaml or .yml.
        folder: where the package has its own.
        kind: what such a file is, for messages.

    Returns:
        The text, and the file's name without its suffix.

    Raises:
        MissingInput: there is none; the message lists those there are.
        BadInput: it is no text, or far larger than such a file.
    """
    known = names(folder)
    if name_or_path.endswith((".yaml", ".yml")):
        path = Path(name_or_path)
        if not path.is_file():
            raise MissingInput(f"{path}: no such {kind} file; there are {', '.join(known)}")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadInput(f"{path}: {size} bytes, more than {MOST_BYTES}; give a {kind} file")
        return plain_text.read(path, remedy="save it as UTF-8"), path.stem
    if name_or_path not in known:
        near = get_close_matches(name_or_path, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise MissingInput(f"{name_or_path}: no such {kind}; {hint} (or give a .yaml file)")
    text = (folder / f"{name_or_path}.yaml").read_text(encoding="utf-8")
    return text, name_or_path


def mapping(values: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """One section; {} where it is left out.

    Raises:
        BadInput: it is no mapping.
    """
    value = values.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadInput(f"{where}: {key}: expected a mapping of settings, got {shown(value)}")
    return dict(value)


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The base with the change's values over it, nested mappings merged key by key."""
    result = copy.deepcopy(dict(base))
    for key, value in change.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, Mapping)
        result[key] = merged(old or {}, value) if both else copy.deepcopy(value)
    return result


def check_keys(values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse a key that is not known.

    Raises:
        BadInput: names it, and the nearest known one.
    """
    for key in values:
        if key not in known:
            near = get_close_matches(told(key), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise BadInput(f"{where}: unknown key {shown(key)}; {hint}")
