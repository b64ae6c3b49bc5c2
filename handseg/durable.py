"""Files that appear whole: written beside their place, made durable, and moved there."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handseg.errors import DiskFull

_FULL = {errno.ENOSPC, errno.EDQUOT}
_MARK = ".partial-"


@contextmanager
def replacing(path: Path, *, needed: int) -> Iterator[Path]:
    """Give a path to write a file to; when the block ends cleanly it is durable, and at its place.

    What stood there before stays until then. After an exception nothing of the new file is left.

    Args:
        path: where the file goes; its folder exists.
        needed: bytes that it will take.

    Raises:
        DiskFull: they are not there.
    """
    temporary = beside(path)
    _require_room(path, needed)
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
    except OSError as error:
        if not is_full(error):
            raise
        temporary.unlink(missing_ok=True)
        raise disk_full(path, needed) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a small text file; see `replacing`."""
    content = text.encode()
    with replacing(path, needed=len(content)) as temporary:
        temporary.write_bytes(content)


def beside(path: Path) -> Path:
    """Where this process writes what is to appear at a path; the name is hidden."""
    return path.with_name(f".{path.name}{_MARK}{os.getpid()}")


def remove_stray(folder: Path) -> None:
    """Remove what killed processes left in a folder that no other process writes to."""
    for stray in folder.glob(f".*{_MARK}*"):
        stray.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_full(error: OSError) -> bool:
    """Whether the disk, or what its user may take of it, was too small."""
    return error.errno in _FULL


def disk_full(path: Path, needed: int, *, at_least: bool = False) -> DiskFull:
    """What is said where the bytes for a path are not there.

    Args:
        path: what was to be written.
        needed: its bytes.
        at_least: whether more than those are needed, and how many is not known.
    """
    free = shutil.disk_usage(path.parent).free
    more = "more than " if at_least else ""
    return DiskFull(
        f"{path}: the disk is full: {more}{needed:,} bytes are needed, {free:,} are free; "
        "make room, then run the same command again"
    )


def _require_room(path: Path, needed: int) -> None:
    if shutil.disk_usage(path.parent).free < needed:
        raise disk_full(path, needed)
