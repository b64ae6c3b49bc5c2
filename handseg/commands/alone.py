"""One process at a time in a folder, and in it the trainings that it starts."""

import fcntl
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from handseg import durable
from handseg.errors import HandsegError, Terminated
from handseg.settings import TrainSettings
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_SIGNALLED = 128
"""A process that notices signal n ends with this plus n; one that does not, with -n."""


class TrainingFailed(HandsegError):
    """A training that was started here ended with an error, which it has said itself."""


@contextmanager
def alone_in(folder: Path) -> Iterator[int]:
    """Within the block no other process works in the folder; waits for one that does.

    A process killed at once leaves its training running. That training holds the lock too, and is
    waited for: what it does is wanted, and two trainings in one folder would spoil each other.

    Yields:
        The lock, to be handed to processes started in the block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("%s: another process works here; waiting until it ends", folder)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def train(
    *,
    cache: Location,
    folds: Location,
    fold: int,
    out: Location,
    settings: TrainSettings,
    lock: int,
) -> None:
    """Train a member in a process of its own, so that its time and memory are its own.

    Args:
        cache: as those of the stage `train`, up to settings.
        folds: see the stage.
        fold: see the stage.
        out: see the stage; the settings lie beside it as OUT.settings.json.
        settings: see the stage.
        lock: of `alone_in`.

    Raises:
        TrainingFailed: it ended with an error.
        Terminated: it, or this process, was asked to end; what it did is saved.
    """
    beside = out.sibling(f"{out.name}.settings.json").path
    beside.parent.mkdir(parents=True, exist_ok=True)
    durable.write_text(beside, json.dumps(asdict(settings), indent=1) + "\n")
    words = [
        *(sys.executable, "-m", "handseg", "train", "--cache", str(cache), "--folds", str(folds)),
        *("--fold", str(fold), "--out", str(out), "--settings", str(beside)),
    ]
    process = subprocess.Popen(words, pass_fds=[lock])
    try:
        code = process.wait()
    finally:
        # After Ctrl-C or SIGTERM: it notices, saves and ends.
        process.terminate()
        process.wait()
    if code < 0 or code > _SIGNALLED:
        raise Terminated(f"{out.name}: its training was stopped; run the same command to go on")
    if code:
        raise TrainingFailed(f"{out.name}: its training ended with exit code {code}, see the log")
