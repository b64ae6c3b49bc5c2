"""Outlines of masks as SVG paths: a few hundred bytes a bone, sharp at any size."""

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from handseg.masks.polygons import Box, Points
from handseg.masks.rle import Runs

_SLACK = 1 / 3000
"""How far an outline may leave the mask's edge, as a fraction of the longer side: less than a pixel
at 2048, which the enlarged pictures still show."""
_SPECK = 12
"""Pixels at 2048 squared; a smaller island cannot be seen and would cost more than a bone."""
_MOST_CORNERS = 300
"""Of one path; a bone has some 50, but the noise of a hardly trained member has no limit."""
_MOST_POINTS = 4000
"""Of one contour before it is simplified."""


def of_polygons(polygons: Sequence[Points], shape: tuple[int, int]) -> str:
    """The path of an annotator's polygons.

    Args:
        polygons: integer (N, 2) each, in (x, y) pixels.
        shape: (height, width) of their image.

    Returns:
        SVG path data in whole pixels; empty where there is no polygon.
    """
    return _path([polygon.astype(np.int32) for polygon in polygons], max(shape) * _SLACK)


def of_runs(runs: Runs, shape: tuple[int, int]) -> str:
    """The path of a mask, holes included: fill it even-odd.

    Args:
        runs: of one mask of an image.
        shape: (height, width) of that image.

    Returns:
        SVG path data in whole pixels; empty for an empty mask. Of a mask in very many parts the
        largest.
    """
    box, mask = roi(runs, shape)
    if box.is_empty:
        return ""
    found, _ = cv2.findContours(
        mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(box.left, box.top)
    )
    least = _SPECK * (max(shape) / 2048) ** 2
    contours = [c.astype(np.int32) for c in found if cv2.contourArea(c) >= least]
    return _path(contours, max(shape) * _SLACK)


def roi(runs: Runs, shape: tuple[int, int]) -> tuple[Box, NDArray[np.uint8]]:
    """A mask in the smallest rectangle that holds it.

    Returns:
        The rectangle (empty for an empty mask), and the mask, uint8 of its size, 0 or 1.
    """
    if not len(runs):
        return Box(0, 0, 0, 0), np.empty((0, 0), np.uint8)
    width = shape[1]
    top, bottom = int(runs[0, 0]) // width, int(runs[-1, 1] - 1) // width + 1
    steps = np.zeros((bottom - top) * width + 1, np.int8)
    steps[runs[:, 0] - top * width] = 1
    steps[runs[:, 1] - top * width] = -1
    rows = np.cumsum(steps[:-1], dtype=np.int8).view(np.uint8).reshape(-1, width)
    columns = np.flatnonzero(rows.any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Box(top, left, bottom, right), np.ascontiguousarray(rows[:, left:right])


def _path(contours: Sequence[NDArray[np.int32]], slack_px: float) -> str:
    parts: list[str] = []
    corners = 0
    for contour in sorted(contours, key=cv2.contourArea, reverse=True):
        simple = _simplified(contour, slack_px)
        corners += len(simple)
        if parts and corners > _MOST_CORNERS:
            break
        parts.append(_closed(simple))
    return "".join(parts)


def _simplified(contour: NDArray[np.int32], slack_px: float) -> MatLike:
    # More points than these are noise, and approxPolyDP would take seconds over them.
    few = np.ascontiguousarray(contour[:: 1 + len(contour) // _MOST_POINTS])
    simple = cv2.approxPolyDP(few, slack_px, True)
    while len(simple) > _MOST_CORNERS:
        slack_px *= 2
        simple = cv2.approxPolyDP(few, slack_px, True)
    return simple


def _closed(contour: MatLike) -> str:
    """One closed line, each point relative to the one before: a third of the bytes."""
    points = contour.reshape(-1, 2)
    moves = np.diff(points, axis=0).tolist()
    x, y = points[0].tolist()
    return f"M{x} {y}l" + " ".join(f"{dx} {dy}" for dx, dy in moves) + "z" if moves else ""
