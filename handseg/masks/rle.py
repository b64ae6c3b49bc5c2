"""Run-length encoding of one mask.

The convention, stated once: the mask is flattened row by row (row-major), pixels are counted from
1, and the text is pairs "start length start length ..." with single blanks; an empty mask is an
empty text. In memory a mask is `Runs`: start and end counted from 0, the end exclusive.
"""

import re

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.errors import BadInput

Runs = NDArray[np.int64]
"""(N, 2): start (inclusive) and end (exclusive) in the flattened image; sorted, never touching."""

_BLOCK = 1 << 15
"""Pixels looked at in one go: as many as make numpy's cost per go vanish."""
_NOT_TEXT = re.compile(r"[^0-9 ]")


def empty() -> Runs:
    """The runs of an empty mask."""
    return np.empty((0, 2), np.int64)


def runs_of(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> Runs:
    """Find the runs of a mask.

    Args:
        mask: bool or uint8 (H, W); anything but 0 is foreground.
    """
    plane = np.ascontiguousarray(mask).view(np.uint8)
    first, last = _occupied_rows(plane)
    left, top, width, height = cv2.boundingRect(plane[first:last])
    roi = plane[first + top : first + top + height, left : left + width]
    return runs_of_roi(roi, top=first + top, left=left, width=plane.shape[1])


def _occupied_rows(plane: NDArray[np.uint8]) -> tuple[int, int]:
    """Rows, the second exclusive, outside which a plane is empty.

    Most of a plane is background; its maximum is taken at memory speed.
    """
    width, flat = plane.shape[1], plane.reshape(-1)
    whole = flat.size - flat.size % _BLOCK
    occupied = np.flatnonzero(flat[:whole].reshape(-1, _BLOCK).max(axis=1))
    first = occupied[0] * _BLOCK if len(occupied) else whole
    end = (occupied[-1] + 1) * _BLOCK if len(occupied) else whole
    if flat[whole:].any():
        end = flat.size
    return int(first) // width, -(-int(end) // width)


def runs_of_roi(
    mask: NDArray[np.bool_] | NDArray[np.uint8], *, top: int, left: int, width: int
) -> Runs:
    """Find the runs of a mask known to lie in one rectangle of its image.

    Args:
        mask: bool or uint8 (h, w), the rectangle; anything but 0 is foreground.
        top: row of its first row in the image.
        left: column of its first column in the image.
        width: of the image; `left + w` is at most that.

    Returns:
        Runs in the flattened image.
    """
    rows, columns = mask.shape
    # One column of background after every row parts the rows, one pixel before all the first run.
    flat = np.zeros(1 + rows * (columns + 1), np.bool_)
    np.not_equal(mask, 0, out=flat[1:].reshape(rows, columns + 1)[:, :columns])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    row, column = np.divmod(edges, columns + 1)
    runs = ((row + top) * width + (column + left)).reshape(-1, 2)
    return _merge(runs) if columns == width else runs


def _merge(runs: Runs) -> Runs:
    """Join runs that touch, as those that go on at the next row of a full-width rectangle do."""
    if len(runs) < 2:
        return runs
    apart = runs[1:, 0] != runs[:-1, 1]
    starts = runs[np.concatenate([[True], apart]), 0]
    ends = runs[np.concatenate([apart, [True]]), 1]
    return np.stack([starts, ends], axis=1)


def area(runs: Runs) -> int:
    """Pixels of the foreground."""
    return int((runs[:, 1] - runs[:, 0]).sum())


def to_text(runs: Runs) -> str:
    """Write runs as text, in the form stated above."""
    pairs = np.stack([runs[:, 0] + 1, runs[:, 1] - runs[:, 0]], axis=1)
    # One formatting of all numbers is the fastest join there is in plain Python.
    return ("%d " * pairs.size % tuple(pairs.ravel().tolist()))[:-1]


def encode(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> str:
    """Write a bool or uint8 (H, W) mask as text, in the form stated above."""
    return to_text(runs_of(mask))


def parse(text: str, pixel_count: int) -> Runs:
    """Read runs from text; those that touch are joined.

    Args:
        text: in the form stated above; more blanks than one do no harm.
        pixel_count: height times width of the image.

    Raises:
        BadInput: other characters than digits and blanks, an odd count, a run of length 0, runs
            out of order or overlapping, or beyond the image.
    """
    strange = _NOT_TEXT.search(text)
    if strange:
        raise BadInput(f"RLE: {strange[0]!r} is neither digit nor blank; write whole numbers")
    numbers = text.split()
    if len(numbers) % 2:
        raise BadInput(f"RLE: {len(numbers)} numbers; write pairs of start and length")
    try:
        pairs = np.array([int(n) for n in numbers], np.int64).reshape(-1, 2)
    except (OverflowError, ValueError) as error:
        raise BadInput(
            f"RLE: {max(numbers, key=len)[:40]} lies beyond any image; clip the mask"
        ) from error
    _check(pairs, pixel_count)
    starts = pairs[:, 0] - 1
    return _merge(np.stack([starts, starts + pairs[:, 1]], axis=1))


def _check(pairs: NDArray[np.int64], pixel_count: int) -> None:
    """Refuse pairs of start (from 1) and length that are no mask of so many pixels."""
    starts, lengths = pairs[:, 0], pairs[:, 1]
    # Each alone within the image first, so that no sum of two can overflow.
    beyond = (starts > pixel_count) | (lengths > pixel_count)
    beyond |= ~beyond & (starts + np.where(beyond, 0, lengths) - 1 > pixel_count)
    for wrong, fault in (
        (lengths == 0, "has length 0; leave it out"),
        (starts == 0, "starts before the image; count pixels from 1"),
        (beyond, f"ends beyond the image's {pixel_count} pixels; clip the mask"),
    ):
        if wrong.any():
            start, length = pairs[int(np.argmax(wrong))]
            raise BadInput(f"RLE: run {start} {length} {fault}")
    early = starts[1:] < starts[:-1] + lengths[:-1]
    if early.any():
        start, length = pairs[int(np.argmax(early)) + 1]
        raise BadInput(
            f"RLE: run {start} {length} begins before the one before it has ended; "
            "sort runs, and join those that overlap"
        )


def decode(text: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Read a bool (H, W) mask from text; for tests and single masks, not for all 29.

    Raises:
        BadInput: see `parse`.
    """
    height, width = shape
    runs = parse(text, height * width)
    lengths = np.diff(runs.ravel(), prepend=0, append=height * width)
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(shape)
