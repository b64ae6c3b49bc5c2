"""Chance by seed, and the changes of bytes that libFuzzer knows."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Dice:
    """What a change of an input may draw from; equal seeds give equal changes."""

    random: Random
    plain: Callable[[bytes, int], bytes]
    """libFuzzer's own change of bytes, to at most so many."""

    def falls(self, share: float) -> bool:
        """True in such a share of calls."""
        return self.random.random() < share

    def changed(self, content: bytes, most: int) -> bytes:
        """Bytes with one change of libFuzzer's, at most so many."""
        return self.plain(content, max(1, most))
