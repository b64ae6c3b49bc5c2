"""One reader under test: what it is given, and what must hold of what it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.dice import Dice


@dataclass(frozen=True, kw_only=True)
class Target:
    """A reader of bytes that anyone may have written."""

    corpus: Callable[[], Sequence[bytes]]
    """Makes small inputs that the reader takes."""
    read: Callable[[bytes, Path], None]
    """Gives an input to the real reader, through files of an empty folder where it reads files.

    Lets the reader's errors out, and raises `oracle.Wrong` where it took what it should not have.
    """
    change: Callable[[bytes, Dice], bytes]
    """Changes an input in ways that get past its checksums and its syntax."""
    names: str
    """What every refusal must name: a file's name, or a word for what has no file."""
    most_bytes: int = 4096
    """Of an input."""
    most_memory_mib: int = 100
    """That one input may take, beside what the process has after reading valid ones."""
