"""Adjustments of an image at full size, equal to PIL's to the bit at every factor.

Each but gamma and CLAHE is `PIL.ImageEnhance`: a blend of the image with a degenerate one, beyond
the image itself where the factor is above 1. PIL blends in float32 and truncates; so does this.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.settings import PreprocessSettings

Image = NDArray[np.uint8]
"""(H, W) grey or (H, W, 3) in the order red, green, blue."""
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
"""PIL's ImageFilter.SMOOTH. No sum of integers over 13 lies halfway between two integers, so that
OpenCV's way of rounding does not matter."""
_BLOCK_BYTES = 1 << 16
"""Pixels blended at a time: their float32 values stay in the second-level cache."""
_CLAHE_PARTS = (8, 8)
"""Of OpenCV's CLAHE: its default, and what the entries that used CLAHE took."""
_LEVELS: Image = np.arange(256, dtype=np.uint8)
_LUMA = (19595, 38470, 7471)
"""PIL's weights of red, green and blue in 65536ths (ITU-R 601)."""


def adjust(image: Image, settings: PreprocessSettings) -> Image:
    """Apply CLAHE, gamma, saturation, contrast, brightness and sharpness, in this order.

    CLAHE is first because it evens out any curve of brightness that came before it. Sharpness is
    last because it overshoots: what it clips is lost to any adjustment after it.

    Args:
        image: uint8 (H, W) or (H, W, 3); it is not changed.
        settings: the factors; each 1 changes nothing, and neither does CLAHE at 0.

    Returns:
        The adjusted image; the same array where nothing changes.
    """
    for change, factor in (
        (equalise, settings.clahe),
        (correct_gamma, settings.gamma),
        (saturate, settings.saturation),
        (stretch_contrast, settings.contrast),
        (brighten, settings.brightness),
        (sharpen, settings.sharpness),
    ):
        image = change(image, factor)
    return image


def equalise(image: Image, clip_limit: float) -> Image:
    """Equalise the histogram of each of 8x8 parts, up to a limit (CLAHE); 0 is the identity.

    Args:
        image: uint8 (H, W) or (H, W, 3), whose channels are equalised each by itself.
        clip_limit: most pixels of one value, in multiples of what an even histogram has; what is
            over it is spread over all values. OpenCV's CLAHE counts it so.

    Source: Zuiderveld 1994, "Contrast limited adaptive histogram equalization"; OpenCV's CLAHE.
    """
    if not clip_limit:
        return image
    clahe = cv2.createCLAHE(clip_limit, _CLAHE_PARTS)
    planes = [np.asarray(clahe.apply(plane), np.uint8) for plane in cv2.split(image)]
    return planes[0] if image.ndim == 2 else np.stack(planes, axis=2)


def sharpen(image: Image, factor: float) -> Image:
    """Sharpen as `ImageEnhance.Sharpness`: away from a smoothed image, or towards it below 1.

    Args:
        image: uint8 (H, W) or (H, W, 3).
        factor: 0 smooths, 1 is the identity.

    Returns:
        The sharpened image; the outermost pixels keep their values, as in PIL.
    """
    if factor == 1 or min(image.shape[:2]) < 3:
        return image
    smooth = np.asarray(cv2.filter2D(image, -1, _SMOOTH), np.uint8)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        smooth[edge] = image[edge]
    return _blend(smooth, image, factor)


def brighten(image: Image, factor: float) -> Image:
    """Scale all values as `ImageEnhance.Brightness`: 0 is black, 1 the identity."""
    return _map_levels(image, _blend(np.zeros_like(_LEVELS), _LEVELS, factor))


def stretch_contrast(image: Image, factor: float) -> Image:
    """Spread values around the mean as `ImageEnhance.Contrast`: 0 is the mean, 1 the identity."""
    if factor == 1:
        return image
    mean = int(float(_luma(image).mean(dtype=np.float64)) + 0.5)
    return _map_levels(image, _blend(np.full_like(_LEVELS, mean), _LEVELS, factor))


def saturate(image: Image, factor: float) -> Image:
    """Blend with the image's luma as `ImageEnhance.Color`: 0 is grey, 1 the identity.

    A grey image is its own luma, so that every factor is the identity on X-rays.
    """
    if factor == 1 or image.ndim == 2:
        return image
    return _blend(np.repeat(_luma(image)[..., None], 3, axis=2), image, factor)


def correct_gamma(image: Image, gamma: float) -> Image:
    """Map each value v to floor(255.999 * (v / 255) ** gamma); above 1 darkens the middle tones.

    Source: torchvision's `adjust_gamma` on PIL images, gain 1, value by value.
    """
    table = np.floor(255.999 * np.power(_LEVELS / 255, gamma)).astype(np.uint8)
    return _map_levels(image, table)


def _map_levels(image: Image, table: Image) -> Image:
    if np.array_equal(table, _LEVELS):
        return image
    return np.asarray(cv2.LUT(image, table), np.uint8)


def _luma(image: Image) -> Image:
    if image.ndim == 2:
        return image
    total = image.astype(np.uint32) @ np.array(_LUMA, np.uint32)
    return np.asarray((total + (1 << 15)) >> 16, np.uint8)


def _blend(base: Image, image: Image, factor: float) -> Image:
    """PIL's `Image.blend`: base + factor * (image - base) in float32, clipped, truncated.

    The array `base` may be written over: a page of fresh memory costs more than the blend of it.
    """
    if float(factor).is_integer() and factor <= 256:
        # Integers all the way: OpenCV rounds where PIL truncates, and both are exact.
        return np.asarray(cv2.addWeighted(image, factor, base, 1 - factor, 0, dst=base), np.uint8)
    step = max(1, _BLOCK_BYTES // max(1, image[0].size))
    for top in range(0, len(image), step):
        rows = slice(top, top + step)
        start = base[rows].astype(np.float32)
        change = image[rows].astype(np.float32)
        change -= start
        change *= np.float32(factor)
        change += start
        base[rows] = np.clip(change, 0, 255, out=change)
    return base
