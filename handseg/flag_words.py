"""The words of a command line as jsonargparse wants them: one word for each flag and value."""

import dataclasses
import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from handseg.errors import BadInput
from handseg.storage.location import Location

_WHOLE = re.compile(r"(?<=\d)\.0*$")  # KFP writes every number as a double
_SWITCH_VALUES = ("true", "false", "yes", "no", "on", "off")


def settings_class(hint: Any) -> tuple[type | None, bool]:
    """The settings dataclass a parameter is made of, and whether it is given only in part."""
    if get_origin(hint) is Annotated:
        return get_args(hint)[1], True
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint is not Location:
        return hint, False
    return None, False


def tidy(argv: Sequence[str], hints: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Tidy the arguments after a command.

    Args:
        argv: as they were typed.
        hints: types of the command's parameters by name.
        names: every flag there is, with its dashes.

    Raises:
        BadInput: a flag is unknown; names the nearest.
    """
    kinds = dict(_leaves("--", hints))
    words, position = [], 0
    while position < len(argv):
        word = argv[position]
        position += 1
        if not word.startswith("--") or word == "--":
            words.append(word)
            continue
        flag, equals, value = word.partition("=")
        flag = "--" + flag[2:].replace("-", "_")
        if flag not in names:
            raise BadInput(_unknown(flag, names))
        taken = 0 if equals else _values(kinds.get(flag), argv[position:])
        values = [value] if equals else argv[position : position + taken]
        words += _joined(flag, kinds.get(flag), values)
        position += taken
    return words


def _leaves(prefix: str, hints: Mapping[str, Any]) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for name, hint in hints.items():
        settings, _ = settings_class(hint)
        if settings is None:
            leaves.append((f"{prefix}{name}", hint))
        else:
            leaves += _leaves(f"{prefix}{name}.", get_type_hints(settings))
    return leaves


def _values(kind: Any, rest: Sequence[str]) -> int:
    """How many of the words after a flag of this type are its own."""
    if kind is bool:
        return int(bool(rest) and rest[0].lower() in _SWITCH_VALUES)
    if kind is int:
        return min(1, len(rest))
    if get_origin(kind) is not list:
        return 0
    ends = [i for i, word in enumerate(rest) if re.match(r"-[^\d.]", word)]
    return ends[0] if ends else len(rest)


def _joined(flag: str, kind: Any, values: Sequence[str]) -> list[str]:
    if kind is bool:
        return [f"{flag}={values[0].lower() if values else 'true'}"]
    if kind is int:
        values = [_WHOLE.sub("", value) for value in values]
    elif get_origin(kind) is list and values and not (len(values) == 1 and values[0][:1] == "["):
        texts = get_args(kind)[0] in (str, Location)
        values = [json.dumps(list(values)) if texts else f"[{', '.join(values)}]"]
    return [f"{flag}={value}" for value in values] or [flag]


def _unknown(flag: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(flag, names, n=1)
    return f"{flag}: unknown flag; " + (f"did you mean {near[0]}?" if near else "see --help")
