"""Where the name of a bone stands in a picture."""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from handseg import bones
from handseg.masks.polygons import Points
from handseg.masks.rle import Runs

Place = tuple[float, float]
"""(x, y) in pixels of the image."""


def of_polygons(polygons: Sequence[Points]) -> Place | None:
    """The centre of the largest polygon; None where there is none, or none with an area."""
    moments = [cv2.moments(polygon.astype(np.int32)) for polygon in polygons]
    largest = max(moments, key=lambda found: found["m00"], default=None)
    if largest is None or largest["m00"] <= 0:
        return None
    return largest["m10"] / largest["m00"], largest["m01"] / largest["m00"]


def of_runs(runs: Runs, width: int) -> Place | None:
    """The centre of a mask in an image of that width; None for an empty mask."""
    if not len(runs):
        return None
    lengths = runs[:, 1] - runs[:, 0]
    rows, columns = np.divmod(runs[:, 0], width)
    x = np.average(columns + (lengths - 1) / 2, weights=lengths)
    return float(x), float(np.average(rows, weights=lengths))


def apart(places: Mapping[int, Place], least_px: float) -> dict[int, Place]:
    """Move the labels of bones that lie over each other apart.

    Args:
        places: by class id.
        least_px: distance they get, if they were nearer.
    """
    moved = dict(places)
    for a, b in bones.OVERLAPPING:
        if a in moved and b in moved:
            moved[a], moved[b] = _pushed(moved[a], moved[b], least_px)
    return moved


def _pushed(a: Place, b: Place, least_px: float) -> tuple[Place, Place]:
    distance = math.dist(a, b)
    if distance >= least_px:
        return a, b
    direction = ((b[0] - a[0]) / distance, (b[1] - a[1]) / distance) if distance else (0.0, 1.0)
    step_x, step_y = (part * (least_px - distance) / 2 for part in direction)
    return (a[0] - step_x, a[1] - step_y), (b[0] + step_x, b[1] + step_y)
