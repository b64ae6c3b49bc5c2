"""A command killed at a random moment of its length."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.faults.command import start
from tests.faults.figures.figure import Trial

_TRIES = 10
"""Of a moment that a command was too quick for: its length differs from time to time."""


@dataclass(frozen=True, kw_only=True)
class Killed:
    """A command that SIGKILL ended."""

    out: Path
    """What it was told to write."""
    after_s: float
    length_s: float
    """Of the whole command, as far as it is known."""

    def trial(self, happened: str, *, ok: bool) -> Trial:
        """What became of it."""
        return Trial(at=f"{self.after_s:.1f} s of {self.length_s:.1f} s", happened=happened, ok=ok)


def at_random(
    words: Callable[[Path], Sequence[object]],
    folder: Path,
    generator: np.random.Generator,
    *,
    length_s: float,
) -> Killed:
    """Start `handseg ...` and SIGKILL it at a moment drawn evenly over its whole length.

    Args:
        words: the command that writes to a path.
        folder: empty; the path lies in it.
        generator: draws the moment.
        length_s: how long it takes when nothing ends it, imports included.

    Raises:
        AssertionError: it was always over before the moment, which is then not one of its own.
    """
    part = generator.random()
    for number in range(_TRIES):
        out, after_s = folder / f"out-{number}", part * length_s
        process = start(*words(out))
        try:
            process.communicate(timeout=after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            # Its workers hold the pipe for some seconds more; nothing is wanted from it.
            if process.stdout:
                process.stdout.close()
            return Killed(out=out, after_s=after_s, length_s=length_s)
        length_s *= 0.95
    raise AssertionError(f"over before {after_s:.1f} s, each of {_TRIES} times")
