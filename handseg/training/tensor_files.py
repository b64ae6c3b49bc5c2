"""Files of tensors named by what they hold: STEM-SHA256.safetensors.

The name comes with the file in one rename, so that a kill leaves none without its sum.
"""

import hashlib
import os
import re
import shutil
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from handseg import durable
from handseg.errors import BadInput

_NAME = re.compile(r".+-([0-9a-f]{64})\.safetensors")
_OS_ERROR = re.compile(r"os error (\d+)")


def save(folder: Path, stem: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> Path:
    """Write tensors; the file is durable before it appears.

    Args:
        folder: where; it exists.
        stem: what the name begins with.
        tensors: by name, on any device.
        metadata: text that the file holds beside them.

    Returns:
        The file.

    Raises:
        DiskFull: nothing of it is left.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    needed = sum(tensor.nbytes for tensor in plain.values())
    with durable.room_beside(folder / f"{stem}.safetensors", needed=needed) as temporary:
        _save(plain, temporary, metadata)
        path = folder / f"{stem}-{_sha256(temporary)}.safetensors"
        durable.move(temporary, path)
    return path


def is_intact(path: Path) -> bool:
    """Whether a file is there and holds what its name says."""
    named = _NAME.fullmatch(path.name)
    return named is not None and path.is_file() and _sha256(path) == named[1]


def publish(path: Path, to: Path) -> None:
    """Copy a file to a name of its own.

    Raises:
        BadInput: it does not hold what its name says.
    """
    shutil.copyfile(path, to)
    named = _NAME.fullmatch(path.name)
    if named is None or _sha256(to) != named[1]:
        raise BadInput(f"{path}: does not match its SHA-256; remove it, and train the member again")


def _save(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    try:
        save_file(tensors, path, metadata)
    except SafetensorError as error:
        # The number of the system's error stands in the text alone.
        found = _OS_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(path)) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
