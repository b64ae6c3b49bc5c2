"""Disks of a few megabytes, which tests fill or make read-only; they take root to mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(folder: Path, *, megabytes: int = 2) -> Iterator[Path]:
    """An empty disk at a folder, which is made."""
    if os.geteuid():
        pytest.skip("a disk of a few megabytes takes root to mount")
    folder.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
    try:
        yield folder
    finally:
        _run("umount", folder)


def make_read_only(folder: Path) -> None:
    """Let nobody write to a disk any more, root no more than others."""
    _run("mount", "-o", "remount,ro", folder)


def fill(folder: Path, *, leaving: int = 0) -> Path:
    """Take all room of a disk but some bytes; gives the file that does, which may be there."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while (free := os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize) > leaving:
                file.write(bytes(min(free - leaving, 65536)))
        except OSError:
            pass
    return filler


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True)
