"""A sheet of small pictures with their masks drawn, for a person to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.masks import bitfield

_TITLE_PX = 20
_GAP_PX = 4
_GROUND = 40
_INK = (235, 235, 235)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_FONT_SCALE = 0.42
_FILL = 0.25
"""Part of a mask's colour in a pixel; its outline is drawn in full."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of the sheet."""

    title: str
    """In ASCII; what does not fit above the picture is cut off."""
    image: NDArray[np.uint8]
    """(s, s)."""
    field: NDArray[np.int32]
    """(s, s), the bit field drawn over it."""


def draw(panels: Sequence[Panel], *, columns: int) -> NDArray[np.uint8]:
    """Draw panels row by row under their titles, each bone in its colour.

    Args:
        panels: of one side s; at least one.
        columns: panels in a row.

    Returns:
        uint8 (H, W, 3), red, green, blue.
    """
    side = panels[0].image.shape[0]
    rows = -(-len(panels) // columns)
    down, across = side + _TITLE_PX + _GAP_PX, side + _GAP_PX
    sheet = np.full((rows * down + _GAP_PX, columns * across + _GAP_PX, 3), _GROUND, np.uint8)
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        top, left = row * down + _GAP_PX, column * across + _GAP_PX
        title = np.full((_TITLE_PX, side, 3), _GROUND, np.uint8)
        cv2.putText(title, panel.title, (2, 14), _FONT, _FONT_SCALE, _INK, lineType=cv2.LINE_AA)
        sheet[top : top + _TITLE_PX, left : left + side] = title
        below = top + _TITLE_PX
        sheet[below : below + side, left : left + side] = overlaid(panel.image, panel.field)
    return sheet


def overlaid(image: NDArray[np.uint8], field: NDArray[np.int32]) -> NDArray[np.uint8]:
    """An image with its bones tinted and outlined: uint8 (H, W) to (H, W, 3), red, green, blue."""
    picture = np.repeat(image[..., None], 3, axis=2)
    for class_id, colour in enumerate(_COLOURS):
        mask = bitfield.plane(field, class_id).astype(np.uint8)
        if not mask.any():
            continue
        inside = mask != 0
        tinted = (1 - _FILL) * picture[inside] + _FILL * np.array(colour)
        picture[inside] = np.rint(tinted).astype(np.uint8)
        outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, outlines, -1, colour, 1)
    return picture


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


_COLOURS = tuple(_rgb(colour) for colour in bones.COLOURS)
