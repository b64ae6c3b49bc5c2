"""A held-out image for a tracker: truth, prediction and their difference side by side."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.images import sheet
from handseg.images.sheet import Panel
from handseg.masks.rle import Runs

_SIDE_PX = 384
"""Of one panel: a picture has some 0.3 MB."""


def draw(pixels: NDArray[np.uint8], truth: Sequence[Runs], predicted: Sequence[Runs]) -> str:
    """Draw one image.

    Args:
        pixels: uint8 (H, W).
        truth: runs of every class, in order.
        predicted: likewise.

    Returns:
        A PNG file in base64.
    """
    fields = [_field(runs, pixels.shape) for runs in (truth, predicted)]
    image, (true, found) = _image(pixels), fields
    panels = [
        Panel("truth", image, true),
        Panel("prediction", image, found),
        Panel("difference", image, true ^ found),
    ]
    drawn = cv2.cvtColor(sheet.draw(panels, columns=len(panels)), cv2.COLOR_RGB2BGR)
    _, png = cv2.imencode(".png", drawn, [cv2.IMWRITE_PNG_COMPRESSION, 6])
    return base64.b64encode(png.tobytes()).decode("ascii")


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of an image in its panel, the longer one filling it."""
    height, width = (max(1, round(side * _SIDE_PX / max(shape))) for side in shape)
    return height, width


def _image(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = _size(pixels.shape)
    panel = np.zeros((_SIDE_PX, _SIDE_PX), np.uint8)
    panel[:height, :width] = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return panel


def _field(masks: Sequence[Runs], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """The masks as a panel's bit field, of the nearest pixels."""
    whole = np.zeros(shape, np.int32)
    flat = whole.reshape(-1)
    for class_id, runs in enumerate(masks):
        for start, end in runs:
            flat[start:end] |= np.int32(1 << class_id)
    height, width = _size(shape)
    rows, columns = (
        np.arange(small) * side // small for small, side in zip((height, width), shape, strict=True)
    )
    panel = np.zeros((_SIDE_PX, _SIDE_PX), np.int32)
    panel[:height, :width] = whole[np.ix_(rows, columns)]
    return panel
