"""A training of a few epochs that something interrupts, and the weights that it must end with."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from handseg.storage.sums import file_sha256
from handseg.training import checkpoint
from tests.faults import training
from tests.faults.command import start, until, wait

EPOCH = 4
"""Its steps: four images, one by one."""
STEPS = 6 * EPOCH
SETTINGS: Mapping[str, object] = MappingProxyType({"length": STEPS, "batch_size": 1})


def words(run: Path, out: Path, *further: object) -> list[object]:
    """The words after `handseg`; a state after every step, in OUT.partial unless told otherwise."""
    return training.words(run, out, *further, settings=SETTINGS)


def steps(state: Path) -> list[int]:
    """The steps of the states that are there, oldest first; 0 before the first."""
    return [0, *(int(path.name.split("-")[1]) for path in training.states(state))]


def newest(state: Path) -> Path:
    """The file of the newest state."""
    return training.states(state)[-1]


def weights(out: Path) -> str:
    """SHA-256 of a member's weights."""
    return file_sha256(out / checkpoint.MODEL)


def wait_for_newer(process: subprocess.Popen[str], state: Path, *, than: int) -> None:
    """Wait until a training has saved a state of a later step."""
    until(lambda: steps(state)[-1] > than, process)


def kill_within_an_epoch(command: Sequence[object], state: Path) -> int:
    """SIGKILL a training, again if need be, until its newest state lies within an epoch.

    Returns:
        The step of that state; there is one before it.
    """
    step = 0
    while step % EPOCH == 0:
        process = start(*command)
        wait_for_newer(process, state, than=max(step, EPOCH))
        process.kill()
        wait(process)
        step = steps(state)[-1]
    assert step < STEPS
    return step
