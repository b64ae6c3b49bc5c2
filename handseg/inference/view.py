"""One way of seeing an image, and the way back from what was predicted in it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.images import normalise
from handseg.inference.tail import Plane
from handseg.masks.polygons import Box

_MARGIN = 2
"""Pixels that turning back may read around a box, one of them for rounding."""


@dataclass(frozen=True, kw_only=True)
class View:
    """An image as it is, mirrored, or turned; at some side of the network's input."""

    input_px: int
    """Side of the square network input, in pixels."""
    flip: bool = False
    """Mirrored left to right."""
    degrees: float = 0.0
    """Turned anticlockwise about the image's centre; what leaves the frame is not shown."""

    def input(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The network's input: uint8 (H, W) to (input_px, input_px)."""
        if self.flip:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        if self.degrees:
            height, width = pixels.shape
            turned = cv2.warpAffine(pixels, self._turn((height, width)), (width, height))
            pixels = np.asarray(turned, np.uint8)
        return normalise.to_input(pixels, self.input_px)

    def origin(self, box: Box, shape: tuple[int, int]) -> Box:
        """The box of the image (height, width) that holds all that a box of the view shows."""
        if self.flip:
            return _mirrored(box, shape)
        if self.degrees:
            back = cv2.invertAffineTransform(self._turn(shape))
            return _hull(box, np.asarray(back, np.float64), shape)
        return box

    def undone(self, plane: Plane, box: Box) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """What a view says of a box of the image.

        Args:
            plane: the logits of one class in this view.
            box: in the image.

        Returns:
            float32 probabilities, and bool: which of the pixels the view shows; each
            (box.height, box.width).
        """
        if self.degrees:
            return self._turned_back(plane, box)
        if self.flip:
            values = plane.probabilities(_mirrored(box, plane.shape))[:, ::-1]
        else:
            values = plane.probabilities(box)
        return values, np.ones(values.shape, bool)

    def _turned_back(self, plane: Plane, box: Box) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        (xx, xy, x0), (yx, yy, y0) = turn = self._turn(plane.shape)
        across = np.arange(box.left, box.right)
        down = np.arange(box.top, box.bottom)[:, None]
        x = (xx * across + xy * down + x0).astype(np.float32)
        y = (yx * across + yy * down + y0).astype(np.float32)
        height, width = plane.shape
        shown = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        read = _hull(box, turn, plane.shape)
        if read.is_empty:
            return np.zeros(shown.shape, np.float32), shown
        values = cv2.remap(
            plane.probabilities(read),
            x - read.left,
            y - read.top,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(values, np.float32), shown

    def _turn(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """(2, 3), of pixel centres in the image to those in the view."""
        centre = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        return np.asarray(cv2.getRotationMatrix2D(centre, self.degrees, 1.0), np.float64)


def _mirrored(box: Box, shape: tuple[int, int]) -> Box:
    return Box(box.top, shape[1] - box.right, box.bottom, shape[1] - box.left)


def _hull(box: Box, matrix: NDArray[np.float64], shape: tuple[int, int]) -> Box:
    """The pixels that may be read to fill a box from where a (2, 3) matrix takes it."""
    sides = [(x, y, 1.0) for x in (box.left, box.right - 1) for y in (box.top, box.bottom - 1)]
    moved = np.array(sides) @ matrix.T
    left, top = np.floor(moved.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(moved.max(axis=0)).astype(int).tolist()
    return Box(
        top=max(0, top - _MARGIN),
        left=max(0, left - _MARGIN),
        bottom=min(shape[0], bottom + 1 + _MARGIN),
        right=min(shape[1], right + 1 + _MARGIN),
    )
