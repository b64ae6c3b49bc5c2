"""Filling a local artifact beside its place, and moving it there whole."""

import glob
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handseg import durable
from handseg.errors import BadInput
from handseg.storage import local_lock
from handseg.storage.sums import FILE_SUFFIX, RUN_RECORD, file_sha256, to_text, write_sums


def is_there(target: Path) -> bool:
    """Whether a complete artifact lies at a path; an empty folder is none, so it may be filled."""
    return target.is_file() or (target.is_dir() and any(target.iterdir()))


def require_writable(target: Path) -> None:
    """Find out before the work whether an artifact could be put there, without leaving anything.

    Raises:
        BadInput: the folder it would lie in, or the nearest above that is there, takes no file.
    """
    folder = next(parent for parent in target.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise local_lock.cannot_be_written(target, error) from error


@contextmanager
def filling(target: Path, *, folder: bool, replace: bool) -> Iterator[Path]:
    """Give a path to fill, and move what it holds to the target when the block ends cleanly.

    A file is filled inside a hidden folder under its own name, so that its run.json can stand
    beside it there. After an exception nothing is left; what a killed process left is removed by
    the next one that writes the same target.

    Raises:
        BadInput: the target is there and may not be replaced, another process is writing it, it
            cannot be written, or nothing was written.
        DiskFull: says how much was written before it was full.
    """
    if is_there(target) and not replace:
        raise BadInput(f"{target}: is there already; give another --out, or remove it")
    partial = durable.beside(target)
    with local_lock.holding(_lock(target), target):
        _remove_stale(target)
        try:
            partial.mkdir()
            yield partial if folder else partial / target.name
            (_finish_folder if folder else _finish_file)(partial, target)
        except OSError as error:
            if not durable.is_full(error):
                raise
            written = _size(partial)
            shutil.rmtree(partial, ignore_errors=True)
            raise durable.disk_full(target, written, at_least=True) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def tidy(target: Path) -> None:
    """Remove what a writer left that was killed when its artifact was complete already.

    Raises:
        BadInput: another process is writing it, or the place takes no file.
    """
    if _lock(target).exists() or any(_stale(target)):
        with local_lock.holding(_lock(target), target):
            _remove_stale(target)


def _lock(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def _finish_folder(partial: Path, target: Path) -> None:
    write_sums(partial)
    for path in [*partial.rglob("*"), partial]:
        durable.sync(path)
    if is_there(target):
        # rename(2) puts a folder only onto an empty one. Killed between the two renames, the old
        # folder has a stale name and the next writer removes it.
        old = target.with_name(f"{partial.name}.old")
        target.rename(old)
        partial.rename(target)
        shutil.rmtree(old)
    else:
        partial.rename(target)
    durable.sync(target.parent)


def _finish_file(partial: Path, target: Path) -> None:
    # The file itself comes last: killed before it, there is no artifact and the next writer
    # overwrites what lies beside; sums after the file would leave one that looks complete.
    # An old file goes first, so that it never stands beside the sums of its successor.
    filled = partial / target.name
    if not filled.is_file():
        raise BadInput(f"{target}: nothing was written; an artifact holds at least one file")
    target.unlink(missing_ok=True)
    sums = {target.name: file_sha256(filled)}
    record = filled.with_name(f"{target.name}.{RUN_RECORD}")
    beside = target.with_name(record.name)
    beside.unlink(missing_ok=True)
    if record.is_file():
        sums[record.name] = file_sha256(record)
        durable.sync(record)
        record.replace(beside)
    durable.write_text(target.with_name(target.name + FILE_SUFFIX), to_text(sums))
    durable.sync(filled)
    filled.replace(target)
    durable.sync(target.parent)


def _stale(target: Path) -> Iterator[Path]:
    for name in (target.name, target.name + FILE_SUFFIX):
        yield from target.parent.glob(f".{glob.escape(name)}.partial-*")


def _remove_stale(target: Path) -> None:
    for stale in _stale(target):
        if stale.is_dir():
            shutil.rmtree(stale)
        else:
            stale.unlink()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
