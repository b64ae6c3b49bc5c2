"""A training of a few epochs that something interrupts, and the weights that it must end with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from handseg.storage.sums import file_sha256
from handseg.training import checkpoint, resume
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
    """The steps of the states that are complete, oldest first; 0 before the first."""
    files = (state / resume.FOLDER).glob("step-*.safetensors")
    whole = (path for path in files if path.with_name(f"{path.name}.sha256").is_file())
    return [0, *sorted(int(path.stem.removeprefix("step-")) for path in whole)]


def newest(state: Path) -> Path:
    """The file of the newest state."""
    return state / resume.FOLDER / f"step-{steps(state)[-1]:08d}.safetensors"


def weights(out: Path) -> str:
    """SHA-256 of a member's weights."""
    return file_sha256(out / checkpoint.MODEL)


def kill_within_an_epoch(command: Sequence[object], state: Path) -> int:
    """SIGKILL a training, again if need be, until its newest state lies within an epoch.

    Returns:
        The step of that state; there is one before it.
    """
    step = 0
    while step % EPOCH == 0:
        process = start(*command)
        until(lambda before=step: steps(state)[-1] > max(before, EPOCH), process)
        process.kill()
        wait(process)
        step = steps(state)[-1]
    assert step < STEPS
    return step
