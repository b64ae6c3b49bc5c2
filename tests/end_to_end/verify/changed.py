"""Changes of a run, and what `handseg verify` says of the first."""

import shutil
from pathlib import Path

from handseg import provenance
from handseg.storage import sums


def flip(path: Path) -> None:
    """One bit, in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replaced(run: Path, other: Path, name: str) -> None:
    """Put the artifact of another run in the place of a run's."""
    for old in run.glob(f"{name}*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in other.glob(f"{name}*"):
        copy = shutil.copytree if new.is_dir() else shutil.copyfile
        copy(new, run / new.relative_to(other))


def edited(folder: Path, **entries: object) -> None:
    """Change a folder's record, and its sums so that they match."""
    provenance.write(folder, {**provenance.read(folder), **entries})
    (folder / sums.FOLDER_SUMS).unlink()
    sums.write_sums(folder)


def first(said: str) -> str:
    return said.splitlines()[-1].partition("the first is ")[2]
