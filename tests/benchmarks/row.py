"""One line of the benchmark: what users write today against what the stages call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.benchmarks.case import Case

Prepare = Callable[[Case], Callable[[], object]]
"""Loads what a side starts from, outside the clock, and gives the side's work."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A goal, and the two sides that are measured in turn."""

    name: str
    """Stable: machines read it."""
    about: str
    """What both sides do."""
    goal: float
    """Least ratio of the baseline to ours; of a limit, the most of ours in `unit`."""
    baseline: Prepare
    ours: Prepare
    same: Callable[[Case, object, object], None]
    """Raises Unequal unless both sides' results agree as the row states."""
    calls: tuple[Callable[..., object], ...] = ()
    """The functions of the product that ours is made of; a test finds each in the stage's own."""
    unit: Literal["s", "MB", "bytes"] = "s"
    """What is compared: time; the most memory of the process; or the size of what is written."""
    pairs: int = 5
    """How often both sides are run in turn; the medians count."""
    amount: int = 1
    """How much more ours does than the baseline, whose seconds alone are multiplied by it."""
    is_limit: bool = False
    """The goal is a limit on ours rather than a ratio."""
    lacking: Callable[[], str | None] = lambda: None
    """Why the row cannot be judged on this machine; None where it can."""

    @property
    def module(self) -> str:
        """The module whose ROWS it is one of."""
        return self.ours.__module__


@dataclass(frozen=True)
class Ended:
    """What a side that ran in a process of its own left."""

    peak_mb: float
    """Of that process."""
    lines: int
    """Of the file it wrote."""


class Unequal(Exception):
    """Both sides' results differ by more than the row allows."""


def require(agrees: bool, message: str) -> None:
    """Raise Unequal unless the results agree."""
    if not agrees:
        raise Unequal(message)
