"""Which parts of a class's output can hold a probability worth storing, from its native logits."""

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.inference import regions
from handseg.inference.refinement import MARGIN, ClassRefinement, Frame
from handseg.masks.polygons import Box

_BLOCK = 16
"""Native cells along each side of a block, the unit of the first, coarse bound."""
_ROUNDING = 1e-4
"""Slack on the bound, relative to the logits' size: far above float32's error in a few sums."""
_LEAST_SIDE = 8
"""Output pixels; below it a pixel may be near both ends of the frame."""


def boxes(
    native: NDArray[np.float32],
    least: float,
    *,
    output: tuple[int, int],
    refinement: ClassRefinement | None,
) -> list[Box]:
    """Boxes outside of which every output logit is proven to be below `least`.

    Bilinear enlargement stays between the native logits it reads, so the refinement's bound over
    the neighbourhood of a block, or of a cell, holds for all output pixels in it. Blocks first:
    nearly all of a plane ends there; then the cells of each group of touching blocks.

    Args:
        native: float32 (h, w), logits of one class before enlargement, finite.
        least: a logit.
        output: (height, width) after enlargement, no less than the native one.
        refinement: applied after enlargement; None where there is none.

    Returns:
        Boxes of the output, a few; they may overlap.
    """
    height, width = native.shape
    if min(output) < _LEAST_SIDE:
        return [Box(0, 0, *output)]
    lowest, highest = _reduced(native, np.minimum), _reduced(native, np.maximum)
    gain = 1.0 if refinement is None else max(1.0, refinement.gain)
    size = max(-float(lowest.min()), float(highest.max()), 0.0)
    least -= _ROUNDING * (1 + gain * size)
    marked = _marked(lowest, highest, Frame(), least, radius=1, refinement=refinement)
    count, _, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
    groups = [Box(y, x, y + h, x + w) for x, y, w, h in (stats[1:count, :4] * _BLOCK).tolist()]
    if sum(group.height * group.width for group in groups) > native.size:
        groups = [Box(0, 0, height, width)]
    found = [
        _tightened(native, group, least, output=output, refinement=refinement) for group in groups
    ]
    return [box for box in found if box is not None]


def _tightened(
    native: NDArray[np.float32],
    group: Box,
    least: float,
    *,
    output: tuple[int, int],
    refinement: ClassRefinement | None,
) -> Box | None:
    """The output pixels of those cells of a group of blocks that may reach `least`."""
    shape = (native.shape[0], native.shape[1])
    radius = _radius(shape, output, refinement)
    group = regions.grow(group, 0, shape)
    read = regions.grow(group, radius, shape)
    frame = Frame(
        group.top == 0, group.bottom == shape[0], group.left == 0, group.right == shape[1]
    )
    values = native[regions.slices(read)]
    marked = _marked(
        values,
        values,
        frame,
        least,
        radius=radius,
        refinement=refinement,
        inner=regions.within(group, read),
    )
    left, top, width, height = cv2.boundingRect(marked)
    if not width:
        return None
    top, left = top + group.top, left + group.left
    return regions.scale_up(Box(top, left, top + height, left + width), shape, output)


def _marked(
    lowest: NDArray[np.float32],
    highest: NDArray[np.float32],
    frame: Frame,
    least: float,
    *,
    radius: int,
    refinement: ClassRefinement | None,
    inner: tuple[slice, slice] = (slice(None), slice(None)),
) -> NDArray[np.uint8]:
    """1 where a cell (or block) may reach `least`, given the extremes within each."""
    around = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    bound = np.asarray(cv2.dilate(highest, around), np.float32)[inner]
    if refinement is not None:
        below = np.asarray(cv2.erode(lowest, around), np.float32)[inner]
        bound = refinement.upper_bound(below, bound, frame)
    return (bound >= least).view(np.uint8)


def _reduced(plane: NDArray[np.float32], extreme: np.ufunc) -> NDArray[np.float32]:
    """Least or greatest value of each block."""
    height, width = plane.shape
    if height % _BLOCK or width % _BLOCK:
        plane = np.pad(plane, ((0, -height % _BLOCK), (0, -width % _BLOCK)), mode="edge")
    # Rows first: a reduction along whole rows is vectorised, `reduceat` is not.
    rows = extreme.reduce(plane.reshape(-1, _BLOCK, plane.shape[1]), axis=1)
    found = extreme.reduce(rows.reshape(rows.shape[0], -1, _BLOCK), axis=2)
    return np.asarray(found, np.float32)


def _radius(
    shape: tuple[int, int], output: tuple[int, int], refinement: ClassRefinement | None
) -> int:
    """How many cells away a cell reads.

    Output pixel y lies in the cell of (y + 1/2) / scale, in cells, and reads its neighbours within
    one of (y + 1/2 - margin) / scale - 1/2 and onwards. The least y + 1/2 of a cell is 1/2 pixel
    after its edge where the scale is whole, and may be none after it elsewhere.
    """
    margin = MARGIN if refinement is not None else 0
    return max(
        int(-np.floor(((0.0 if target % source else 0.5) - margin) * source / target - 0.5))
        for source, target in zip(shape, output, strict=True)
    )
