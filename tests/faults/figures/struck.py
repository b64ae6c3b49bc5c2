"""A command struck by a signal at a random moment of its length."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from tests.faults.command import start
from tests.faults.figures.figure import Trial

_TRIES = 10
"""Of a moment that a command was too quick for: its length differs from time to time, and the last
is then the one that counts."""
_LIMIT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Struck:
    """A command that a signal ended."""

    out: Path
    """What it was told to write."""
    after_s: float
    length_s: float
    """Of the whole command, as far as it is known."""
    code: int
    took_s: float
    """From the signal to its end."""
    said: str

    def trial(self, happened: str, *, ok: bool, seconds: float | None = None) -> Trial:
        """What became of it."""
        at = f"{self.after_s:.1f} s of {self.length_s:.1f} s"
        return Trial(at=at, happened=happened, ok=ok, seconds=seconds)


def at_random(
    words: Callable[[Path], Sequence[object]],
    folder: Path,
    generator: np.random.Generator,
    *,
    length_s: float,
    number: signal.Signals = signal.SIGKILL,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Struck:
    """Start `handseg ...` and signal it at a moment drawn evenly over its whole length.

    Args:
        words: the command that writes to a path.
        folder: empty; the path lies in it.
        generator: draws the moment.
        length_s: how long it takes when nothing ends it, imports included.
        number: the signal.
        variables: of the command's environment.

    Raises:
        AssertionError: it was always over before the moment, which is then not one of its own; or
            the signal did not end it.
    """
    part = generator.random()
    for attempt in range(_TRIES):
        out, after_s, started = folder / f"out-{attempt}", part * length_s, time.monotonic()
        process = start(*words(out), variables=variables)
        try:
            process.communicate(timeout=after_s)
        except subprocess.TimeoutExpired:
            began = time.monotonic()
            process.send_signal(number)
            said = _said(process, number)
            took_s = time.monotonic() - began
            return Struck(
                out=out, after_s=after_s, length_s=length_s, code=process.returncode,
                took_s=took_s, said=said,
            )  # fmt: skip
        length_s = time.monotonic() - started
    raise AssertionError(f"over before {after_s:.1f} s, each of {_TRIES} times")


def _said(process: subprocess.Popen[str], number: signal.Signals) -> str:
    if number == signal.SIGKILL:
        # Its workers, which find out in some seconds, hold the pipe: nothing is waited for there.
        process.wait()
        if process.stdout:
            process.stdout.close()
        return ""
    try:
        return process.communicate(timeout=_LIMIT_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"still running {_LIMIT_S:.0f} s after {number.name}") from None
