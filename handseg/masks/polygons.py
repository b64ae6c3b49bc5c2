"""Polygons of one image, and how they meet the pixel grid.

Stated once for the whole project: integer coordinates are pixel centres in the annotator's raster,
as `cv2.fillPoly` draws them, edge included. So the pixel grid begins at -0.5, and scaling by s maps
x to (x + 0.5) * s - 0.5.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.int32]
"""One polygon: (N, 2) in (x, y) pixels."""

Polygons = dict[int, list[Points]]
"""Polygons of an image by class id; a class is the union of its polygons."""


class Box(NamedTuple):
    """A rectangle of pixels; bottom and right are exclusive."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows, 0 where it is empty."""
        return max(0, self.bottom - self.top)

    @property
    def width(self) -> int:
        """Columns, 0 where it is empty."""
        return max(0, self.right - self.left)

    @property
    def is_empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.bottom <= self.top or self.right <= self.left


def bounds(polygons: Sequence[NDArray[np.integer]], shape: tuple[int, int]) -> Box:
    """The box of the pixels that some polygons can cover, clipped to an image.

    Args:
        polygons: integer (N, 2) each, in (x, y) pixels; points may lie outside the image.
        shape: (height, width) of the image.

    Returns:
        An empty box where nothing lies inside.
    """
    if not polygons:
        return Box(0, 0, 0, 0)
    points = polygons[0] if len(polygons) == 1 else np.concatenate(polygons)
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    height, width = shape
    return Box(max(0, top), max(0, left), min(height, bottom + 1), min(width, right + 1))


def scaling(shape: tuple[int, int], target_shape: tuple[int, int]) -> NDArray[np.float64]:
    """The map of pixel centres that stretches one raster onto another.

    Args:
        shape: (height, width) the points are in.
        target_shape: (height, width) wanted.

    Returns:
        float64 (2, 3), applied to (x, y, 1).
    """
    scale_y, scale_x = target_shape[0] / shape[0], target_shape[1] / shape[1]
    return np.array([[scale_x, 0.0, (scale_x - 1) / 2], [0.0, scale_y, (scale_y - 1) / 2]])


def transform(points: Points, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map (N, 2) points in (x, y) by a (2, 3) matrix; float64 (N, 2)."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])
