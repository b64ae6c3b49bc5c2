"""JSON-shaped mappings into settings dataclasses: every key known, every value of its type."""

import dataclasses
import difflib
import types
from collections.abc import Mapping
from typing import Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from handseg.errors import BadInput, shown, told

T = TypeVar("T")


def from_dict(cls: type[T], values: Mapping[str, object], *, where: str = "settings") -> T:
    """Build a settings dataclass from a mapping; what is left out takes its default.

    A whole float passes for an int (KFP sends every number as a double) and an int for a float;
    nothing else is converted.

    Args:
        cls: a dataclass whose fields are str, int, float, bool, Literal, list, dict by name, an
            optional one of these, or another such dataclass.
        values: field name -> value; nested dataclasses are mappings.
        where: what the values are, put before the key in messages.

    Returns:
        An instance of cls.

    Raises:
        BadInput: an unknown key, a value of another type, or one that cls refuses.
    """
    if not isinstance(values, Mapping):
        raise BadInput(f"{where}: expected a mapping of settings, got {shown(values)}")
    hints = get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cast(type, cls))]
    for key in values:
        if key not in names:
            raise BadInput(_unknown(key, names, where))
    arguments = {key: _value(hints[key], value, f"{where}.{key}") for key, value in values.items()}
    try:
        return cls(**arguments)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{where}: {told(error)}") from error


def _unknown(key: str, names: list[str], where: str) -> str:
    near = difflib.get_close_matches(told(key), names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
    return f"{where}: unknown setting {shown(key)}; {hint}"


def _value(hint: object, value: object, where: str) -> object:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(get_args(hint), value, where)
    if origin is Literal:
        return _choice(get_args(hint), value, where)
    if origin is list:
        (item,) = get_args(hint)
        if not isinstance(value, list | tuple):
            raise BadInput(f"{where}: expected a list, got {shown(value)}")
        return [_value(item, entry, f"{where}[{i}]") for i, entry in enumerate(value)]
    if origin is dict:
        _, item = get_args(hint)
        if not isinstance(value, Mapping):
            raise BadInput(f"{where}: expected a mapping, got {shown(value)}")
        return {
            str(key): _value(item, entry, f"{where}.{told(key)}") for key, entry in value.items()
        }
    if dataclasses.is_dataclass(hint):
        return from_dict(cast(type, hint), cast(Mapping[str, object], value), where=where)
    return _scalar(hint, value, where)


def _optional(hints: tuple[object, ...], value: object, where: str) -> object:
    inner = [hint for hint in hints if hint is not type(None)]
    if len(inner) != 1 or len(inner) == len(hints):
        raise TypeError(f"{where}: a setting is one type, or that type or None, not {hints}")
    return None if value is None else _value(inner[0], value, where)


def _choice(choices: tuple[object, ...], value: object, where: str) -> object:
    if value not in choices:
        raise BadInput(
            f"{where}: must be one of {', '.join(map(str, choices))}, got {shown(value)}"
        )
    return value


def _scalar(hint: object, value: object, where: str) -> object:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise BadInput(f"{where}: too large for a float, got {shown(value)}") from None
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if hint not in (str, int, float, bool):
        raise TypeError(f"{where}: a setting cannot be of type {hint}")
    if type(value) is not hint:
        name = getattr(hint, "__name__", hint)
        raise BadInput(f"{where}: must be of type {name}, got {shown(value)}")
    return value
