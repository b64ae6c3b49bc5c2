"""X-rays as small pictures inside the page."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.masks.polygons import Box

_QUALITIES = (80, 65, 50, 35, 20, 5)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of one rectangle of an image."""

    box: Box
    """What it shows, in pixels of the image."""
    uri: str
    """A data: URI."""
    width: int
    """Of the picture itself, in pixels."""
    height: int


def of_image(
    pixels: NDArray[np.uint8], *, side_px: int, limit_bytes: int, box: Box | None = None
) -> Picture:
    """Make a picture no larger than wanted.

    Args:
        pixels: uint8 (H, W).
        side_px: longest side of the picture; a smaller rectangle is not enlarged.
        limit_bytes: the quality is lowered until the picture fits.
        box: the rectangle to show; None is the whole image.

    Raises:
        ValueError: the rectangle holds no pixel.
    """
    shown = box or Box(0, 0, *pixels.shape)
    if shown.is_empty:
        raise ValueError(f"nothing to show in {shown}")
    part = pixels[shown.top : shown.bottom, shown.left : shown.right]
    scale = min(1.0, side_px / max(part.shape))
    width, height = (max(1, round(side * scale)) for side in (shown.width, shown.height))
    small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    text = base64.b64encode(_webp(small.astype(np.uint8, copy=False), limit_bytes)).decode("ascii")
    return Picture(box=shown, uri=f"data:image/webp;base64,{text}", width=width, height=height)


def _webp(pixels: NDArray[np.uint8], limit_bytes: int) -> bytes:
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if encoded.size <= limit_bytes:
            break
    return encoded.tobytes()
