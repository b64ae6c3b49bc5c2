"""Adjustments of an X-ray at full size, equal to PIL's `ImageEnhance` to the bit at every factor.

Images are grey: one of three equal channels. PIL's colour (saturation) enhancement blends an image
with its own luminance, which for equal channels is the image itself: it is the identity here.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.settings import PreprocessSettings

Image = NDArray[np.uint8]
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
"""PIL's ImageFilter.SMOOTH; no sum of integers over 13 lies halfway, so all rounding agrees."""


def adjust(image: Image, settings: PreprocessSettings) -> Image:
    """Apply every adjustment, sharpness last.

    Args:
        image: uint8 (H, W).
        settings: the factors; each 1 changes nothing.

    Returns:
        uint8 (H, W).
    """
    for change, factor in (
        (gamma, settings.gamma),
        (contrast, settings.contrast),
        (brightness, settings.brightness),
        (sharpen, settings.sharpness),
    ):
        if factor != 1:
            image = change(image, factor)
    return image


def sharpen(image: Image, factor: float) -> Image:
    """PIL's `ImageEnhance.Sharpness`: away from (above 1) or towards (below 1) a smoothed image.

    Args:
        image: uint8 (H, W).
        factor: 0 smooths, 1 is the identity.
    """
    smooth = np.asarray(cv2.filter2D(image, -1, _SMOOTH), np.uint8)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        smooth[edge] = image[edge]  # PIL keeps the frame as it is
    if factor == 2:
        # integers only, so that OpenCV's rounding and PIL's truncation agree
        return np.asarray(cv2.addWeighted(image, 2, smooth, -1, 0), np.uint8)
    return _blend(smooth, image, factor)


def brightness(image: Image, factor: float) -> Image:
    """PIL's `ImageEnhance.Brightness`: 0 is black, 1 the identity."""
    return cv2.LUT(image, _blend(np.zeros(256, np.uint8), _LEVELS, factor)).astype(np.uint8)


def contrast(image: Image, factor: float) -> Image:
    """PIL's `ImageEnhance.Contrast`: 0 is the mean grey, 1 the identity."""
    mean = int(float(image.mean(dtype=np.float64)) + 0.5)
    return cv2.LUT(image, _blend(np.full(256, mean, np.uint8), _LEVELS, factor)).astype(np.uint8)


def gamma(image: Image, exponent: float) -> Image:
    """255 (v / 255) ** exponent, rounded."""
    table = np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return cv2.LUT(image, table).astype(np.uint8)


_LEVELS: Image = np.arange(256, dtype=np.uint8)


def _blend(base: Image, image: Image, factor: float) -> Image:
    """PIL's `Image.blend` in float32: base + factor (image - base), clipped and truncated."""
    wide = base.astype(np.float32)
    wide += np.float32(factor) * (image.astype(np.float32) - wide)
    return wide.clip(0, 255, out=wide).astype(np.uint8)
