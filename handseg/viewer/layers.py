"""Pictures that lie over an X-ray: probability and difference of some bones, cut to where they are.

Only the rectangles of the bones asked for are ever built, one after another, into one picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.inference import tiles
from handseg.inference.store import ImageTiles
from handseg.masks.polygons import Box
from handseg.masks.rle import Runs
from handseg.report import outlines

T = TypeVar("T", bound=np.generic)

_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]
MISSED = (230, 97, 0)
"""RGB of truth that was not predicted; with EXCESS it is told apart by all sight."""
EXCESS = (93, 58, 155)
"""RGB of a prediction that is not in the truth."""
_SHOWN_ALPHA = 230


@dataclass(frozen=True)
class Layer:
    """A PNG of one rectangle of an image."""

    png: bytes
    box: Box


def xray(pixels: NDArray[np.uint8]) -> bytes:
    """A whole X-ray as PNG, every pixel as it is.

    Args:
        pixels: uint8 (H, W).
    """
    return cv2.imencode(".png", pixels, _FAST)[1].tobytes()


def probability(
    voters: Sequence[tuple[ImageTiles, float]], class_ids: Iterable[int]
) -> Layer | None:
    """Where the bones are, in their colours, the more opaque the likelier.

    Args:
        voters: tiles of one image by each voter, and its part of the vote.
        class_ids: of the bones to show.

    Returns:
        None where none of them is anywhere.
    """
    found = [(c, box, plane) for c in class_ids for box, plane in _mean(voters, c)]
    if not found:
        return None
    whole = _around([box for _, box, _ in found])
    picture = np.zeros((whole.height, whole.width, 4), np.uint8)
    for class_id, box, plane in found:
        part = _part(picture, box, whole)
        likelier = plane > part[..., 3]
        part[likelier, :3] = _bgr(bones.COLOURS[class_id])
        part[..., 3] = np.maximum(part[..., 3], plane)
    return Layer(_png(picture), whole)


def _mean(
    voters: Sequence[tuple[ImageTiles, float]], class_id: int
) -> list[tuple[Box, NDArray[np.uint8]]]:
    """The weighted mean of one bone's probabilities in 255ths; nothing where all are 0."""
    rois = [(tiles.plane_roi(found, class_id), weight) for found, weight in voters]
    rois = [(roi, weight) for roi, weight in rois if roi.values.size]
    if not rois:
        return []
    boxes = [Box(r.top, r.left, r.top + r.values.shape[0], r.left + r.values.shape[1])
             for r, _ in rois]  # fmt: skip
    whole = _around(boxes)
    total = np.zeros((whole.height, whole.width), np.float32)
    for (roi, weight), box in zip(rois, boxes, strict=True):
        _part(total, box, whole)[:] += roi.values * np.float32(weight)
    return [(whole, np.rint(total).astype(np.uint8))]


def difference(
    predicted: Sequence[Runs],
    truth: Sequence[Runs],
    class_ids: Iterable[int],
    shape: tuple[int, int],
) -> Layer | None:
    """What was missed, and what was predicted in excess; nothing where both agree.

    Args:
        predicted: 29 runs in the official order.
        truth: 29 more.
        class_ids: of the bones to show.
        shape: (height, width) of the image.

    Returns:
        None where they agree everywhere.
    """
    chosen = list(class_ids)
    wrong = [
        (missing, MISSED) for c in chosen for missing in _without(truth[c], predicted[c], shape)
    ]
    wrong += [(more, EXCESS) for c in chosen for more in _without(predicted[c], truth[c], shape)]
    if not wrong:
        return None
    whole = _around([box for (box, _), _ in wrong])
    picture = np.zeros((whole.height, whole.width, 4), np.uint8)
    for (box, mask), (red, green, blue) in wrong:
        _part(picture, box, whole)[mask] = (blue, green, red, _SHOWN_ALPHA)
    return Layer(_png(picture), whole)


def _without(
    runs: Runs, others: Runs, shape: tuple[int, int]
) -> list[tuple[Box, NDArray[np.bool_]]]:
    """Pixels of one mask that another lacks, in the first one's rectangle."""
    box, mask = outlines.roi(runs, shape)
    if box.is_empty:
        return []
    other_box, other = outlines.roi(others, shape)
    left = mask > 0
    top, bottom = max(box.top, other_box.top), min(box.bottom, other_box.bottom)
    start, end = max(box.left, other_box.left), min(box.right, other_box.right)
    if top < bottom and start < end:
        own = left[top - box.top : bottom - box.top, start - box.left : end - box.left]
        own &= (
            other[
                top - other_box.top : bottom - other_box.top,
                start - other_box.left : end - other_box.left,
            ]
            == 0
        )
    return [(box, left)] if left.any() else []


def _around(boxes: Sequence[Box]) -> Box:
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return Box(min(tops), min(lefts), max(bottoms), max(rights))


def _part(plane: NDArray[T], box: Box, whole: Box) -> NDArray[T]:
    return plane[
        box.top - whole.top : box.bottom - whole.top, box.left - whole.left : box.right - whole.left
    ]


def _bgr(colour: str) -> tuple[int, int, int]:
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)


def _png(picture: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", picture, _FAST)[1].tobytes()
