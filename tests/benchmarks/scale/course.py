"""Cost against an amount of work: seconds on a line, memory constant or on a line too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

LEAST_R2 = 0.98
MOST_GROWTH = 0.15
"""By which the peak may exceed that of the least work, where it must be constant."""

Memory = Literal["constant", "linear"]


@dataclass(frozen=True)
class Line:
    """The line through measured points, by least squares."""

    each: float
    """For one more unit of work."""
    none: float
    """At no work at all."""
    r2: float
    """Share of the variance that it explains."""

    @classmethod
    def through(cls, amounts: Sequence[int], values: Sequence[float]) -> "Line":
        """Fit it to at least two different amounts."""
        each, none = np.polyfit(amounts, values, 1)
        left = np.subtract(values, np.polyval([each, none], amounts))
        variance = float(np.var(values))
        r2 = 1 - float(left.var()) / variance if variance else 1.0
        return cls(float(each), float(none), r2)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What one command took at several amounts of work."""

    name: str
    """Stable: machines read it."""
    title: str
    """What was done."""
    unit: str
    """What the amounts count."""
    memory: Memory
    """What is expected of the peak."""
    amounts: Sequence[int]
    """In rising order."""
    seconds: Sequence[float]
    """Of the command, the least of a few calls, without the process's start and imports."""
    peak_mb: Sequence[float]
    """Most resident memory of a process that does this amount alone, imports included."""

    @property
    def line(self) -> Line:
        """Seconds against the amounts."""
        return Line.through(self.amounts, self.seconds)

    @property
    def memory_line(self) -> Line:
        """MB against the amounts."""
        return Line.through(self.amounts, self.peak_mb)

    @property
    def growth(self) -> float:
        """How far the peak exceeds that of the least work, as a part of the latter."""
        return max(self.peak_mb) / self.peak_mb[0] - 1

    @property
    def faults(self) -> list[str]:
        """What is not as expected, each in a sentence."""
        found = []
        if self.line.r2 < LEAST_R2:
            found.append(
                f"{self.name}: seconds are not linear in {self.unit}: "
                f"R2 is {self.line.r2:.4f}, at least {LEAST_R2} is expected"
            )
        if self.memory == "constant" and self.growth > MOST_GROWTH:
            found.append(
                f"{self.name}: memory is not constant: with {self.unit} from {self.amounts[0]} to "
                f"{self.amounts[-1]} its peak grows by {self.growth:.0%}, "
                f"at most {MOST_GROWTH:.0%} is expected"
            )
        return found

    def __str__(self) -> str:
        """Three lines for people."""
        time, memory = self.line, self.memory_line
        points = zip(self.amounts, self.seconds, self.peak_mb, strict=True)
        measured = ", ".join(f"{n}: {s:.2f} s, {mb:.0f} MB" for n, s, mb in points)
        grown = (
            f"expected constant, grows by {self.growth:.1%}"
            if self.memory == "constant"
            else f"expected linear, {memory.each:.2f} MB each"
        )
        return (
            f"{self.title}, against {self.unit}\n  {measured}\n"
            f"  {time.each * 1000:.1f} ms each {time.none:+.2f} s, R2 {time.r2:.4f}; "
            f"memory {grown}"
        )
