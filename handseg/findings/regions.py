"""Where each bone of an image lies: its pieces, from runs, one bone's rectangle at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.masks import rle
from handseg.masks.polygons import Polygons

Point = NDArray[np.float64]
"""(2,): x and y in pixels."""


@dataclass(frozen=True, eq=False)
class Piece:
    """One connected region of a bone, eight neighbours counting."""

    area: int
    centre: Point
    label: int
    """Its number in the bone's label map."""


@dataclass(frozen=True, eq=False)
class Region:
    """One bone that is there."""

    area: int
    centre: Point
    pieces: Sequence[Piece]
    """Largest first."""
    labels: NDArray[np.int32]
    """(h, w) label map of its own rectangle: the pieces' numbers, 0 elsewhere."""


def of_runs(runs: rle.Runs, width: int) -> Region | None:
    """The region of one bone, or None where it is empty.

    Args:
        runs: of one mask.
        width: of the image.
    """
    if not len(runs):
        return None
    mask, top, left = _rectangle(runs, width)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    corner = np.array([left, top], np.float64)
    pieces = [
        Piece(int(stats[label, cv2.CC_STAT_AREA]), centres[label] + corner, label)
        for label in range(1, len(stats))
    ]
    pieces.sort(key=lambda piece: -piece.area)
    area = sum(piece.area for piece in pieces)
    centre = np.asarray(sum(p.area * p.centre for p in pieces) / area, np.float64)
    return Region(area, centre, pieces, np.asarray(labels, np.int32))


def _rectangle(runs: rle.Runs, width: int) -> tuple[NDArray[np.uint8], int, int]:
    """The mask in its rectangle, and that one's top and left."""
    first, last = int(runs[0, 0]) // width, int(runs[-1, 1] - 1) // width
    flat = np.zeros((last + 1 - first) * width, np.uint8)
    for start, end in (runs - first * width).tolist():
        flat[start:end] = 1
    rows = flat.reshape(-1, width)
    columns = np.flatnonzero(rows.any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return np.ascontiguousarray(rows[:, left:right]), first, left


def gap_px(region: Region, one: Piece, other: Piece) -> float:
    """Pixels between the nearest points of two of its pieces."""
    away = cv2.distanceTransform((region.labels != one.label).astype(np.uint8), cv2.DIST_L2, 5)
    return float(away[region.labels == other.label].min())


def centres_of(polygons: Polygons) -> dict[int, Point]:
    """Centre of each bone's annotation, as the mean of its vertices."""
    return {
        class_id: np.concatenate(list(shapes)).mean(axis=0, dtype=np.float64)
        for class_id, shapes in polygons.items()
        if len(shapes)
    }
