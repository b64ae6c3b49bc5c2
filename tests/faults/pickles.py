"""Pickles that leave a file where anybody loads them, in the forms in which weights go around."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from handseg.storage import sums


class _Payload:
    """Touches a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._mark,)


def _plain(path: Path, mark: Path) -> None:
    path.write_bytes(pickle.dumps(_Payload(mark)))


def _of_torch(path: Path, mark: Path) -> None:
    torch.save({"weight": torch.zeros(2), "payload": _Payload(mark)}, path)


WAYS: Mapping[str, Callable[[Path, Path], None]] = {"pickle": _plain, "torch.save": _of_torch}
"""Write a file that makes `mark` when it is loaded."""


def sum_up(folder: Path) -> None:
    """Give an artifact that was tampered with the sums of what it is now, as its tamperer would."""
    names = sums.files_in(folder)
    (folder / sums.FOLDER_SUMS).write_text(sums.to_text(sums.hash_files(folder, names)))
