"""How much of a disk images take in the artifacts of a run, reckoned before these are made."""

from collections.abc import Iterable
from typing import Literal

STORE_BYTES_PER_PIXEL = 0.085
"""Of one member's store, at 29 bones: 0.354 MB for an image of 2048 x 2048."""
CSV_BYTES_PER_PIXEL = 0.019
"""Of a submission: 0.078 MB for an image of 2048 x 2048."""
_ZSTD_FRACTION = 0.6
"""Of the raw pixels, at most, in the radiographs measured; noise compresses badly."""


def cache_bytes(shapes: Iterable[tuple[int, int]], compression: Literal["none", "zstd"]) -> int:
    """Bytes of a cache of images of (height, width), a little too many for zstd."""
    fraction = 1.0 if compression == "none" else _ZSTD_FRACTION
    return int(fraction * sum(height * width for height, width in shapes))
