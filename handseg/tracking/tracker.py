"""What a tracker of experiments is told of a training, and what it owes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

End = Literal["finished", "stopped"]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a training is."""

    member: str
    settings: Mapping[str, str]
    """By dotted name."""
    tags: Mapping[str, str]
    """What else it was made from; may grow when it goes on."""
    training: str = ""
    """32 hex digits that no other training has; it keeps them over all resumptions."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known after one step; several may be of one step, and have other names."""

    step: int
    time_s: float
    """When it was measured, in seconds since 1970."""
    values: dict[str, float]
    """By name."""
    pictures: dict[str, str] = field(default_factory=dict)
    """PNG files in base64, by the name of their image."""


class Tracker(Protocol):
    """Where a training's course is written. Every call may take long, and may fail."""

    @property
    def title(self) -> str:
        """Its name in messages."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What its calls raise where it cannot be reached or written."""

    def open(self, about: About, first: int) -> None:
        """Begin, go on after a resumption, or try again after a failure.

        Args:
            about: the training.
            first: the step from which on entries will come; what was written of it and of later
                ones is to be taken back, or not to be taken twice.
        """

    def take(self, entries: Sequence[Entry]) -> None:
        """Write entries, in the order of their steps."""

    def close(self, end: End) -> None:
        """Say how the training, or this process's part of it, ended."""
