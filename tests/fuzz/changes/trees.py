"""Changes of what JSON holds: the text stays JSON, what it says does not stay what it was."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.fuzz.changes import text
from tests.fuzz.dice import Dice

_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400),
    *(0.5, -0.0, 1e308, float("inf"), float("-inf"), float("nan"), 5e-324, 4.0),
    *("", "0", "nan", "\u202e", "\ud800", "\0", "a\nb", "x" * 700, "../..", "É", "None", "auto"),
    *([], {}, [[]], {"": {}}, [None] * 40, [0, 1], [[0, 0], [1, 1], [0, 1]], {"name": {}}),
)
Step = tuple[Any, Any]
"""A list or mapping, and an index or key of it."""


def change(content: bytes, dice: Dice) -> bytes:
    """Change JSON in one place or more; what is none is changed as text."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return text.change(content, dice)
    if dice.falls(0.1):
        return text.change(content, dice)
    for _ in range(dice.random.choice((1, 1, 1, 2, 3))):
        tree = changed(tree, dice)
    return json.dumps(tree).encode()


def changed(tree: Any, dice: Dice) -> Any:
    """A tree with one change somewhere, in place where that is possible."""
    steps = _steps(tree)
    if not steps:
        return _odd_value(dice)
    here, key = dice.random.choice(steps)
    dice.random.choice(_CHANGES)(here, key, steps, dice)
    return tree


def _steps(tree: Any) -> list[Step]:
    found: list[Step] = []
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            found += [(here, index) for index in range(len(here))]
            waiting += here
        elif isinstance(here, dict):
            found += [(here, key) for key in here]
            waiting += here.values()
    return found


def _odd_value(dice: Dice) -> Any:
    return deepcopy(dice.random.choice(_ODD))


def _odd(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    here[key] = _odd_value(dice)


def _remove(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    del here[key]


def _copy(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    """The value of another place, which is no part of this one's as trees are finite."""
    there, other = dice.random.choice(steps)
    here[key] = deepcopy(there[other])


def _wrap(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    here[key] = [here[key]] if dice.falls(0.5) else {"a": here[key]}


def _repeat(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    if isinstance(here, list):
        here.insert(key, deepcopy(here[key]))
    else:
        here[f"{key} "] = here[key]


def _rename(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    if isinstance(here, dict):
        names = [str(other) for holder, other in steps if isinstance(holder, dict)]
        here[dice.random.choice([*names, "", "\x7f", "a b"])] = here.pop(key)


def _nudge(here: Any, key: Any, steps: list[Step], dice: Dice) -> None:
    value = here[key]
    if isinstance(value, bool | None):
        here[key] = not value
    elif isinstance(value, int | float):
        step = dice.random.choice((-1, 1, 0.5, 64, 1e9))
        here[key] = value + step if abs(value) < 1e300 else step
    elif isinstance(value, str):
        here[key] = value.swapcase() if dice.falls(0.3) else value + dice.random.choice(" 0\t-é")


_CHANGES: tuple[Callable[[Any, Any, list[Step], Dice], None], ...] = (
    _odd,
    _odd,
    _remove,
    _copy,
    _wrap,
    _repeat,
    _rename,
    _nudge,
    _nudge,
)
