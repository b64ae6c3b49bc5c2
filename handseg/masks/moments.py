"""Where a mask lies and how it is shaped, from its runs alone."""

from dataclasses import dataclass

import numpy as np

from handseg.masks import rle

_LEAST_VARIANCE = 1e-9


@dataclass(frozen=True)
class Moments:
    """Centre and axes of a mask, in pixels of its image."""

    x: float
    y: float
    long_axis: float
    """Of the ellipse with the mask's second moments: whole length, not half."""
    short_axis: float
    angle: float
    """Of the long axis, in degrees clockwise from upright, between -90 and 90."""


def of_runs(runs: rle.Runs, width: int) -> Moments | None:
    """Moments of one mask.

    Args:
        runs: of the mask.
        width: of the image, in pixels.

    Returns:
        None for an empty mask.
    """
    if not len(runs):
        return None
    rows, columns = np.divmod(runs[:, 0], width)
    # A run that goes on at the next row is there only where it fills the image's whole width.
    lengths = (runs[:, 1] - runs[:, 0]).astype(np.float64)
    middles = columns + (lengths - 1) / 2
    x, y = np.average(middles, weights=lengths), np.average(rows, weights=lengths)
    # Of the pixels of a run itself: a row of n has the variance (n^2 - 1) / 12; of a pixel 1 / 12.
    xx = np.average((middles - x) ** 2 + (lengths**2 - 1) / 12, weights=lengths) + 1 / 12
    yy = np.average((rows - y) ** 2, weights=lengths) + 1 / 12
    xy = np.average((middles - x) * (rows - y), weights=lengths)
    values, vectors = np.linalg.eigh([[xx, xy], [xy, yy]])
    short, long = (4 * float(np.sqrt(max(value, _LEAST_VARIANCE))) for value in values)
    angle = float(np.degrees(np.arctan2(vectors[0, 1], -vectors[1, 1])))
    return Moments(float(x), float(y), long, short, (angle + 90) % 180 - 90)
