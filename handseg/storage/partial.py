"""Filling a local artifact beside its place, and moving it there whole."""

import errno
import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handseg.errors import BadInput
from handseg.storage import local_lock
from handseg.storage.sums import FILE_SUFFIX, RUN_RECORD, file_sha256, to_text, write_sums


def is_there(target: Path) -> bool:
    """Whether a complete artifact lies at a path; an empty folder is none, so it may be filled."""
    return target.is_file() or (target.is_dir() and any(target.iterdir()))


@contextmanager
def filling(target: Path, *, folder: bool, replace: bool) -> Iterator[Path]:
    """Give a path to fill, and move what it holds to the target when the block ends cleanly.

    A file is filled inside a hidden folder under its own name, so that its run.json can stand
    beside it there. After an exception nothing is left; what a killed process left is removed by
    the next one that writes the same target.

    Raises:
        BadInput: the target is there and may not be replaced, another process is writing it, it
            cannot be written, the disk is full, or nothing was written.
    """
    if is_there(target) and not replace:
        raise BadInput(f"{target}: is there already; give another --out, or remove it")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    lock = target.with_name(f".{target.name}.lock")
    with local_lock.holding(lock, target):
        _remove_stale(target)
        try:
            partial.mkdir()
            yield partial if folder else partial / target.name
            (_finish_folder if folder else _finish_file)(partial, target)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _disk_full(target) from error
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_whole(path: Path, text: str) -> None:
    """Write a small text file, durable before it appears at its path."""
    temporary = path.with_name(f".{path.name}.partial-{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    _sync(temporary)
    temporary.replace(path)


def _finish_folder(partial: Path, target: Path) -> None:
    write_sums(partial)
    for path in [*partial.rglob("*"), partial]:
        _sync(path)
    if is_there(target):
        # rename(2) puts a folder only onto an empty one. Killed between the two renames, the old
        # folder has a stale name and the next writer removes it.
        old = target.with_name(f"{partial.name}.old")
        target.rename(old)
        partial.rename(target)
        shutil.rmtree(old)
    else:
        partial.rename(target)
    _sync(target.parent)


def _finish_file(partial: Path, target: Path) -> None:
    # The file itself comes last: killed before it, there is no artifact and the next writer
    # overwrites what lies beside; sums after the file would leave one that looks complete.
    # An old file goes first, so that it never stands beside the sums of its successor.
    filled = partial / target.name
    if not filled.is_file():
        raise BadInput(f"{target}: nothing was written; an artifact holds at least one file")
    target.unlink(missing_ok=True)
    record = filled.with_name(f"{target.name}.{RUN_RECORD}")
    beside = target.with_name(record.name)
    beside.unlink(missing_ok=True)
    if record.is_file():
        _sync(record)
        record.replace(beside)
    sums = to_text({target.name: file_sha256(filled)})
    write_whole(target.with_name(target.name + FILE_SUFFIX), sums)
    _sync(filled)
    filled.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_stale(target: Path) -> None:
    for name in (target.name, target.name + FILE_SUFFIX):
        for stale in target.parent.glob(f".{glob.escape(name)}.partial-*"):
            if stale.is_dir():
                shutil.rmtree(stale)
            else:
                stale.unlink()


def _disk_full(target: Path) -> BadInput:
    free = shutil.disk_usage(target.parent).free
    return BadInput(
        f"{target}: the disk is full ({free:,} bytes free); free some, or give another --out"
    )
