"""How far probabilities can be believed: of the pixels given one, how many are bone.

Counted are the pixels that a store holds a probability of. All others are 0 to the vote: outside
the store's tiles, or under its cut; they are most of every image, and nearly all of them rightly 0.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.inference.regions import within
from handseg.inference.tiles import LEVELS, ImageTiles, Roi, plane_roi
from handseg.masks import bitfield
from handseg.masks.polygons import Box, Polygons

BINS = 10
"""Of equal width, from 0 to 1; the last one holds 1."""

Counts = NDArray[np.int64]
"""int64 (29, BINS, 3), in the official order of bones: pixels, those of them that are bone, and the
sum of their probabilities in 255ths."""

_VALUES: NDArray[np.int64] = np.arange(LEVELS + 1)
_IN_BIN: NDArray[np.int64] = np.zeros((LEVELS + 1, BINS), np.int64)
"""1 where a value of 255 lies in a bin; 0 lies in none."""
_IN_BIN[_VALUES[1:], np.minimum(_VALUES[1:] * BINS // LEVELS, BINS - 1)] = 1


def counts(tiles: ImageTiles, truth: Polygons) -> Counts:
    """Count one image by one member.

    Args:
        tiles: its probabilities.
        truth: the annotation, by class id.
    """
    found = [
        _of_bone(plane_roi(tiles, c), *bitfield.drawn(truth.get(c, []), tiles.shape))
        for c in range(bones.COUNT)
    ]
    return np.array(found)


def _of_bone(roi: Roi, box: Box, mask: NDArray[np.uint8]) -> NDArray[np.int64]:
    if not roi.values.size:
        return np.zeros((BINS, 3), np.int64)
    every = _histogram(roi.values, None)
    true = _histogram(*_shared(roi, box, mask))
    return np.stack([every @ _IN_BIN, true @ _IN_BIN, (every * _VALUES) @ _IN_BIN], axis=1)


def _histogram(values: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> NDArray[np.int64]:
    if not values.size:
        return np.zeros(LEVELS + 1, np.int64)
    # float32, exact up to 2^24 pixels of one value: all of an image of 4096 px.
    found = cv2.calcHist([values], [0], mask, [LEVELS + 1], [0, LEVELS + 1])
    return np.asarray(found).ravel().astype(np.int64)


def _shared(
    roi: Roi, box: Box, mask: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Probabilities and truth of the rectangle in which both may be more than 0."""
    height, width = roi.values.shape
    of_roi = Box(roi.top, roi.left, roi.top + height, roi.left + width)
    shared = Box(
        top=max(box.top, of_roi.top),
        left=max(box.left, of_roi.left),
        bottom=min(box.bottom, of_roi.bottom),
        right=min(box.right, of_roi.right),
    )
    if shared.is_empty:
        return np.zeros((0, 0), np.uint8), np.zeros((0, 0), np.uint8)
    return roi.values[within(shared, of_roi)], mask[within(shared, box)]


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Pixels of about the same probability."""

    low: float
    high: float
    """Exclusive, but for 1."""
    pixels: int
    mean: float
    """Their mean probability; NaN, as `right`, where there are no pixels."""
    right: float
    """The part of them that is bone."""


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How far the probabilities of some pixels can be believed."""

    pixels: int
    mean: float
    """Mean probability."""
    right: float
    """The part that is bone."""
    error: float
    """Expected calibration error: |mean - right| of each bin, weighted by its pixels."""
    bins: tuple[Bin, ...]


def reliability(counted: NDArray[np.int64]) -> Reliability | None:
    """Sum up counts.

    Args:
        counted: int64 (BINS, 3), of one bone or added up over several; see `Counts`.

    Returns:
        None where there are no pixels.
    """
    pixels = int(counted[:, 0].sum())
    if not pixels:
        return None
    bins = tuple(_bin(number, *row) for number, row in enumerate(counted.tolist()))
    return Reliability(
        pixels=pixels,
        mean=float(counted[:, 2].sum()) / LEVELS / pixels,
        right=float(counted[:, 1].sum()) / pixels,
        error=sum(abs(b.mean - b.right) * b.pixels for b in bins if b.pixels) / pixels,
        bins=bins,
    )


def _bin(number: int, pixels: int, bone: int, levels: int) -> Bin:
    mean = levels / LEVELS / pixels if pixels else float("nan")
    right = bone / pixels if pixels else float("nan")
    return Bin(low=number / BINS, high=(number + 1) / BINS, pixels=pixels, mean=mean, right=right)
