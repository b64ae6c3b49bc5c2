"""How much of a disk an image cache takes, reckoned before it is made."""

from collections.abc import Iterable
from typing import Literal

_ZSTD_FRACTION = 0.6
"""Of the raw pixels, at most, in the radiographs measured; noise compresses badly."""


def cache_bytes(shapes: Iterable[tuple[int, int]], compression: Literal["none", "zstd"]) -> int:
    """Bytes of a cache of images of (height, width), a little too many for zstd."""
    fraction = 1.0 if compression == "none" else _ZSTD_FRACTION
    return int(fraction * sum(height * width for height, width in shapes))
