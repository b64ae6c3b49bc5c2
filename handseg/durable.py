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
def room_beside(path: Path, *, needed: int) -> Iterator[Path]:
    """Give a path beside another, to write a file to and `move` it from there.

    What is there when the block ends is removed.

    Args:
        path: about where the file goes; its folder exists.
        needed: bytes that it will take.

    Raises:
        DiskFull: they are not there.
    """
    temporary = beside(path)
    if shutil.disk_usage(path.parent).free < needed:
        raise disk_full(path, needed)
    try:
        yield temporary
    except OSError as error:
        if not is_full(error):
            raise
        temporary.unlink(missing_ok=True)
        raise disk_full(path, needed) from error
    finally:
        temporary.unlink(missing_ok=True)


def move(temporary: Path, path: Path) -> None:
    """Make a file durable and put it at its place, over what stood there."""
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a small text file; it is durable before it appears.

    Raises:
        DiskFull: what stood there before is as it was.
    """
    content = text.encode()
    with room_beside(path, needed=len(content)) as temporary:
        temporary.write_bytes(content)
        move(temporary, path)


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
