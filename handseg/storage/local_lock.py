"""One writer at a time of something on a file system of this machine."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from handseg.errors import BadInput
from handseg.storage.writer import Writer


@contextmanager
def holding(path: Path, target: Path) -> Iterator[None]:
    """Be the only writer for the length of the block.

    A record lock, not a look at process numbers: containers that share a volume are all process 1,
    and numbers are used again. It dies with its process and is not inherited by workers.

    Args:
        path: the lock; made where it is missing, with its folder, and removed in the end.
        target: what is written.

    Raises:
        BadInput: another is writing, and the message says who and since when; or the place cannot
            be written, or its file system knows no locks.
    """
    while True:
        with _open(path, target) as lock:
            _lock(lock, target)
            # The holder before may have removed the file between our opening and locking it.
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                try:
                    _sign(lock, target)
                    yield
                finally:
                    path.unlink(missing_ok=True)
                return


def _open(path: Path, target: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise cannot_be_written(target, error) from error


def _sign(lock: IO[str], target: Path) -> None:
    try:
        lock.truncate(0)
        lock.write(json.dumps(Writer().record()))
        lock.flush()
    except OSError as error:
        raise cannot_be_written(target, error) from error


def cannot_be_written(target: Path, error: OSError) -> BadInput:
    """What is said of a place that the system refuses."""
    return BadInput(f"{target}: cannot be written ({error.strerror}); give another --out")


def _lock(lock: IO[str], target: Path) -> None:
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        lock.seek(0)
        raise Writer.of(lock.read()).refusal(target) from error
    except OSError as error:
        raise BadInput(
            f"{target}: its file system knows no locks ({error.strerror}); two writers would spoil "
            "it: give a place on another"
        ) from error
