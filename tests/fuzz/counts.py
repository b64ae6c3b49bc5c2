"""What a child has done and is doing, where its parent sees it, also when the child has crashed."""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

_FORM = struct.Struct("=QQQdq")
_IDLE = -1
_MOST_BYTES = 1 << 20
"""Room for the longest input of a target, many times over."""


@dataclass(frozen=True)
class Counts:
    """What became of the cases so far."""

    taken: int = 0
    refused: int = 0
    fell_out: int = 0
    """Cases with a finding, whether or not it was a new one."""
    seconds: float = 0.0
    """Since the first case."""

    @property
    def cases(self) -> int:
        """All that ended."""
        return self.taken + self.refused + self.fell_out

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.taken + other.taken,
            self.refused + other.refused,
            self.fell_out + other.fell_out,
            self.seconds + other.seconds,
        )


class Journal:
    """Written by a child as memory shared through a file, of which a crash loses nothing."""

    def __init__(self, path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(_FORM.size + _MOST_BYTES)
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 0)
        self.end(Counts())

    def begin(self, content: bytes, counts: Counts) -> None:
        """Say which input is being read."""
        self._put(counts, len(content))
        self._shared[_FORM.size : _FORM.size + len(content)] = content

    def end(self, counts: Counts) -> None:
        """Say that none is."""
        self._put(counts, _IDLE)

    def _put(self, counts: Counts, length: int) -> None:
        fields = (counts.taken, counts.refused, counts.fell_out, counts.seconds, length)
        _FORM.pack_into(self._shared, 0, *fields)


def read(path: Path) -> tuple[Counts, bytes | None]:
    """A child's counts, none where it has not begun, and the input it is reading, if any."""
    if not path.is_file() or path.stat().st_size < _FORM.size:
        return Counts(), None
    with path.open("rb") as file:
        *counts, length = _FORM.unpack(file.read(_FORM.size))
        return Counts(*counts), None if length == _IDLE else file.read(length)
