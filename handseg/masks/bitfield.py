"""All 29 masks of an image in one int32 plane, bit c set where class c is; and rasterising.

`cv2.fillPoly` is the one rasteriser of the project, one polygon at a time: several at once are
filled even-odd, while a class is the union of its polygons. Each class is drawn in its own
rectangle only, which is about 1 % of the image.
"""

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.masks import rle
from handseg.masks.polygons import Box, Points, Polygons, bounds, scaling, transform

__all__ = ["class_runs", "coverage", "drawn", "plane", "rasterise", "scaling"]

_SHIFT = 8
"""Binary digits after the point in mapped coordinates: a 256th of a pixel."""
_UNIT = 1 << _SHIFT
_FULL = 255
_HALF = 128

Bend = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""What moves the corners of one polygon after the matrix, float64 (N, 2) to (M, 2), in pixels of
the result; it may add corners."""


def rasterise(
    polygons: Polygons,
    shape: tuple[int, int],
    *,
    matrix: NDArray[np.float64] | None = None,
    bend: Bend | None = None,
) -> NDArray[np.int32]:
    """Draw the polygons of an image as a bit field.

    Args:
        polygons: by class id.
        shape: (height, width) of the result.
        matrix: float64 (2, 3) from the polygons' pixels to those of the result; None: the same.
            Where it shrinks, a pixel belongs to a class that covers at least half of it: fillPoly
            includes a polygon's edge, which would thicken bones by half a pixel of the result.
        bend: applied after the matrix; None: nothing.

    Returns:
        int32 (H, W).
    """
    field = np.zeros(shape, np.int32)
    oversample = 1 if matrix is None else _shrinkage(matrix)
    for class_id, shapes in polygons.items():
        box, mask = _draw(shapes, shape, matrix, oversample, bend)
        if not box.is_empty:
            area = mask if oversample == 1 else _shrink(mask, box)
            roi = field[box.top : box.bottom, box.left : box.right]
            roi |= (area >= _HALF).astype(np.int32) << class_id
    return field


def plane(field: NDArray[np.int32], class_id: int) -> NDArray[np.bool_]:
    """Take one class out of an int32 (H, W) bit field: bool (H, W)."""
    return np.asarray((field & np.int32(1 << class_id)) != 0)


def coverage(
    polygons: Polygons,
    shape: tuple[int, int],
    *,
    matrix: NDArray[np.float64] | None = None,
    oversample: int,
    bend: Bend | None = None,
) -> NDArray[np.uint8]:
    """How much of each pixel each class covers; for small shapes only, up to 512.

    Args:
        polygons: by class id.
        shape: (height, width) of the result.
        matrix: float64 (2, 3) from the polygons' pixels to those of the result; None: the same.
        oversample: side of the square of finer pixels that are drawn and counted for each one.
        bend: applied after the matrix; None: nothing.

    Returns:
        uint8 (29, H, W), in 255ths of a pixel.
    """
    planes = np.zeros((bones.COUNT, *shape), np.uint8)
    for class_id, shapes in polygons.items():
        box, mask = _draw(shapes, shape, matrix, oversample, bend)
        if not box.is_empty:
            roi = planes[class_id, box.top : box.bottom, box.left : box.right]
            roi[:] = _shrink(mask, box)
    return planes


def class_runs(polygons: Polygons, shape: tuple[int, int]) -> list[rle.Runs]:
    """Draw the polygons of an image as runs, one entry per class, in official order.

    Args:
        polygons: by class id.
        shape: (height, width) of the image.
    """
    runs = [rle.empty()] * bones.COUNT
    for class_id, shapes in polygons.items():
        box, mask = drawn(shapes, shape)
        if not box.is_empty:
            runs[class_id] = rle.runs_of_roi(mask, top=box.top, left=box.left, width=shape[1])
    return runs


def drawn(shapes: Sequence[Points], shape: tuple[int, int]) -> tuple[Box, NDArray[np.uint8]]:
    """Draw one class in the box it covers.

    Args:
        shapes: polygons, in (x, y) pixels; the class is their union.
        shape: (height, width) of the image.

    Returns:
        The box, empty where nothing lies inside, and uint8 of its size, 0 or 255.
    """
    return _draw(shapes, shape, None, 1)


def _shrinkage(matrix: NDArray[np.float64]) -> int:
    """How many pixels before lie side by side in one after, rounded, at least 1."""
    return max(1, round(1 / math.sqrt(abs(np.linalg.det(matrix[:, :2])))))


def _draw(
    shapes: Sequence[Points],
    shape: tuple[int, int],
    matrix: NDArray[np.float64] | None,
    oversample: int,
    bend: Bend | None = None,
) -> tuple[Box, NDArray[np.uint8]]:
    """Draw the union of some polygons in the box they cover.

    Returns:
        The box in pixels of the result, and uint8 (h * oversample, w * oversample), 0 or 255.
    """
    fixed = [_fixed_point(points, matrix, oversample, bend) for points in shapes]
    nearest = [(points + _UNIT // 2) >> _SHIFT for points in fixed]
    box = bounds([points // oversample for points in nearest], shape)
    mask = np.zeros((box.height * oversample, box.width * oversample), np.uint8)
    if not box.is_empty:
        corner = np.array([box.left, box.top], np.int32) * (oversample * _UNIT)
        for points in fixed:
            cv2.fillPoly(mask, [points - corner], _FULL, shift=_SHIFT)
    return box, mask


def _fixed_point(
    points: Points, matrix: NDArray[np.float64] | None, oversample: int, bend: Bend | None
) -> NDArray[np.int32]:
    """Map polygon points to the finer raster, in 256ths of its pixels: int32 (N, 2)."""
    if matrix is None and bend is None and oversample == 1:
        return points << _SHIFT
    mapped = points.astype(np.float64) if matrix is None else transform(points, matrix)
    if bend is not None:
        mapped = bend(mapped)
    # a pixel's centre is the centre of the square of finer ones it becomes
    finer = mapped * float(oversample) + (oversample - 1) / 2
    return np.rint(finer * _UNIT).astype(np.int32)


def _shrink(mask: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Average the finer pixels of each pixel of a box, rounded."""
    size = (box.width, box.height)
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)
