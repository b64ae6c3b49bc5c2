"""How light an image is, and whether it shows dark on light what the others show light on dark."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.eda import typical

WHITE = 255
_FRAME_FRACTION = 0.03
"""Of the longer side: the ground is looked for in a band of this width, as far from the edge, where
neither a frame nor most of the hand is."""
_OTHER_GROUND = 0.5
"""Of the image's own range; on synthetic hands the ground is within 0.02 of black."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What is measured of an image's light."""

    light: float
    """Mean of what is brighter than Otsu's threshold, in [0, 1]. The mean of all pixels says little
    where most of them are black."""
    ground: float
    """Grey of the ground in the image's own range: 0 is its darkest, 1 its brightest."""
    skewness: float
    """Of all pixels: positive where few are light and many dark."""


def of(small: NDArray[np.uint8]) -> Exposure:
    """Measure the light of uint8 (H, W)."""
    level, _ = cv2.threshold(small, 0, WHITE, cv2.THRESH_OTSU)
    bright = small[small > level]
    low, high = own_range(small)
    deviation = float(small.std())
    cubes = ((small - float(small.mean())) / deviation) ** 3 if deviation else np.zeros(1)
    return Exposure(
        light=float(bright.mean() if bright.size else small.mean()) / WHITE,
        ground=(float(np.median(_band(small))) - low) / max(1.0, high - low),
        skewness=float(cubes.mean()),
    )


def own_range(values: NDArray[np.uint8]) -> tuple[float, float]:
    """Darkest and brightest hundredth."""
    low, high = np.percentile(values, [1, 99])
    return float(low), float(high)


def _band(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    width = max(1, round(_FRAME_FRACTION * max(small.shape)))
    if min(small.shape) <= 4 * width:
        return small
    inside = small[width:-width, width:-width]
    edges = (inside[:width], inside[-width:], inside[:, :width], inside[:, -width:])
    return np.concatenate([edge.ravel() for edge in edges])


def inverted(exposures: Sequence[Exposure]) -> list[bool]:
    """Which images are light where most others are dark.

    Returns:
        One for each, all False where they are too few to say what is usual.
    """
    if len(exposures) < typical.LEAST_IMAGES:
        return [False] * len(exposures)
    ground = float(np.median([one.ground for one in exposures]))
    skewness = float(np.median([one.skewness for one in exposures]))
    # A wide light frame moves the ground alone, a hand that fills the image the skewness alone.
    return [
        abs(one.ground - ground) > _OTHER_GROUND and one.skewness * skewness < 0
        for one in exposures
    ]
