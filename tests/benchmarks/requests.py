"""Requests to an object store for a file, as `handseg.storage.s3_transfer` makes them.

Some thirty more an artifact (is it there, may it be written, its lock and sums) are left out: they
do not grow with the images.
"""

from s3transfer.utils import ChunksizeAdjuster, calculate_num_parts

PART_BYTES = 16 * 2**20
"""Larger files go in parts of this size, or of one that makes at most 10,000 of them."""


def to_write(size: int) -> int:
    """PUT and POST requests for a file of so many bytes."""
    if size < PART_BYTES:
        return 1
    part = ChunksizeAdjuster().adjust_chunksize(PART_BYTES, size)
    return int(calculate_num_parts(size, part)) + 2  # begin and complete


def to_read(size: int) -> int:
    """GET requests for a file of so many bytes."""
    return max(1, int(calculate_num_parts(size, PART_BYTES)))
