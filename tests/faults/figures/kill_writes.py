"""A whole run SIGKILLed right before a change of its files, and called again: the same bytes.

Moments drawn evenly over time fall into trainings; these fall where something is written, renamed
or removed, each as likely as any other.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.faults.command import handseg, start_program, wait
from tests.faults.figures.figure import Figure, Provoke, Trial
from tests.faults.figures.kill_run import FEW_STEPS, HANDS, called_again, hashes

# A state at every validation and none by the clock: every run makes the same changes.
NO_CLOCK = (*FEW_STEPS, "--train.checkpoint_minutes", 1000)


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Count the changes of a run that nothing interrupts; gives what kills another at one."""
    data = shared / "data"
    handseg("demo-data", data, *HANDS).must(0)

    def words(out: Path) -> tuple[object, ...]:
        return ("run", "--data", data, "--out", out, *NO_CLOCK)

    def killed_at(change: int, out: Path) -> int:
        module = (sys.executable, "-m", "tests.faults.killed_at_change")
        return wait(start_program(*module, change, out, *words(out))).code

    whole = shared / "whole"
    assert killed_at(0, whole) == 0
    changes = int(Path(f"{whole}.changes").read_text(encoding="ascii"))
    wanted = hashes(whole)

    def provoke(folder: Path, generator: np.random.Generator) -> Trial:
        out, change = folder / "out", int(generator.integers(1, changes + 1))
        assert killed_at(change, out) == -signal.SIGKILL
        happened, ok = called_again(words(out), out, wanted)
        return Trial(at=f"before change {change} of {changes}", happened=happened, ok=ok)

    yield provoke


FIGURE = Figure(
    title="a whole run killed right before a change of its files, and the same command again",
    claim="runs killed by SIGKILL right before a file was written, renamed or removed, and called "
    "again, ended with the bytes of an uninterrupted one, and nothing left over",
    prepare=prepare,
    at_once=2,
)
