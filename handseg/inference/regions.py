"""Boxes within boxes, and exact bilinear enlargement of one box alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg.masks.polygons import Box


def slices(box: Box) -> tuple[slice, slice]:
    """To index a plane with."""
    return slice(box.top, box.bottom), slice(box.left, box.right)


def grow(box: Box, margin: int, shape: tuple[int, int]) -> Box:
    """With `margin` pixels more on each side, within a plane of this (height, width)."""
    return Box(
        top=max(0, box.top - margin),
        left=max(0, box.left - margin),
        bottom=min(shape[0], box.bottom + margin),
        right=min(shape[1], box.right + margin),
    )


def merge(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of which no two share a pixel, that hold all the given ones."""
    apart: list[Box] = []
    for box in boxes:
        # what it has grown to may meet boxes that it did not meet itself
        while met := [other for other in apart if _meet(box, other)]:
            apart = [other for other in apart if other not in met]
            box = around([box, *met])
        apart.append(box)
    return apart


def _meet(one: Box, other: Box) -> bool:
    return (
        one.top < other.bottom
        and other.top < one.bottom
        and one.left < other.right
        and other.left < one.right
    )


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of some."""
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return Box(min(tops), min(lefts), max(bottoms), max(rights))


def within(box: Box, outer: Box) -> tuple[slice, slice]:
    """Where a box lies in an array that holds `outer`."""
    return (
        slice(box.top - outer.top, box.bottom - outer.top),
        slice(box.left - outer.left, box.right - outer.left),
    )


def scale_up(box: Box, source: tuple[int, int], target: tuple[int, int]) -> Box:
    """The target pixels that touch a box of source cells, where `target` is the finer grid."""
    return Box(
        top=box.top * target[0] // source[0],
        left=box.left * target[1] // source[1],
        bottom=-(-box.bottom * target[0] // source[0]),
        right=-(-box.right * target[1] // source[1]),
    )


def support(box: Box, source: tuple[int, int], target: tuple[int, int]) -> Box:
    """The source pixels that bilinear enlargement from `source` to `target` reads for a box."""
    top, bottom = _support(box.top, box.bottom, source[0], target[0])
    left, right = _support(box.left, box.right, source[1], target[1])
    return Box(top, left, bottom, right)


def _support(first: int, last: int, source: int, target: int) -> tuple[int, int]:
    below, above, _ = _neighbours(np.array([first, last - 1]), source, target)
    return int(below[0]), int(above[1]) + 1


def reach(box: Box, source: tuple[int, int], target: tuple[int, int]) -> Box:
    """The target pixels whose bilinear value may depend on a box of the source; never too few."""
    top, bottom = _reach(box.top, box.bottom, source[0], target[0])
    left, right = _reach(box.left, box.right, source[1], target[1])
    return Box(top, left, bottom, right)


def _reach(first: int, last: int, source: int, target: int) -> tuple[int, int]:
    # Target pixel y reads source coordinate (y + 1/2) source / target - 1/2 and the pixels within
    # one of it; the frame's pixels are read from beyond them too.
    ratio = target / source
    low = 0 if first == 0 else int(np.floor((first - 0.5) * ratio - 0.5))
    high = target if last == source else int(np.ceil((last + 0.5) * ratio - 0.5)) + 1
    return max(0, low), min(target, high)


def bilinear(
    values: NDArray[np.float32],
    held: Box,
    *,
    source: tuple[int, int],
    target: tuple[int, int],
    box: Box,
) -> NDArray[np.float32]:
    """One box of a plane enlarged from `source` to `target` (height, width).

    Half-pixel centres, clamped at the frame: torch's `interpolate(align_corners=False)`, but for
    torch's float32 positions, which are 1e-4 px off where the ratio is no power of two.

    Args:
        values: float32, the source pixels of `held`, which contains `support(box, ...)`.
        held: where `values` lies in the source plane.
        source: shape of the source plane.
        target: shape of the target plane.
        box: which target pixels to compute.

    Returns:
        float32 (box.height, box.width).
    """
    if source == target:
        return values[within(box, held)]
    rows = np.arange(box.top, box.bottom)
    columns = np.arange(box.left, box.right)
    tall = _enlarge_rows(values, rows, held.top, source[0], target[0])
    wide = _enlarge_rows(np.ascontiguousarray(tall.T), columns, held.left, source[1], target[1])
    return np.ascontiguousarray(wide.T)


def _enlarge_rows(
    values: NDArray[np.float32], wanted: NDArray[np.int64], first: int, source: int, target: int
) -> NDArray[np.float32]:
    if source == target:
        return values[wanted - first]
    below, above, weight = _neighbours(wanted, source, target)
    low, high = values[below - first], values[above - first]
    high -= low
    high *= weight[:, None]
    high += low
    return high


def _neighbours(
    wanted: NDArray[np.int64], source: int, target: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    position = np.maximum((wanted + 0.5) * (source / target) - 0.5, 0.0)
    below = np.minimum(position.astype(np.int64), source - 1)
    above = np.minimum(below + 1, source - 1)
    return below, above, (position - below).astype(np.float32)
