"""From an image to what a network takes; the same in training and inference."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MEAN = 0.124
STANDARD_DEVIATION = 0.168
"""Of pixel values in [0, 1] over the data set's training images."""


def to_input(pixels: NDArray[np.uint8], input_px: int) -> NDArray[np.uint8]:
    """Stretch an image to the network's square.

    Args:
        pixels: uint8 (H, W).
        input_px: side of the square, in pixels.

    Returns:
        uint8 (input_px, input_px): by area where the image is larger, since plain bilinear
        shrinking aliases; bilinear where it is smaller along an axis.
    """
    if pixels.shape == (input_px, input_px):
        return pixels
    how = cv2.INTER_AREA if min(pixels.shape) >= input_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (input_px, input_px), interpolation=how), np.uint8)


def to_tensor(images: Tensor) -> Tensor:
    """Normalise on the images' own device, and repeat the grey channel.

    Args:
        images: uint8 (B, h, w).

    Returns:
        float32 (B, 3, h, w), channels last in memory.
    """
    grey = images.to(torch.float32).div_(255).sub_(MEAN).div_(STANDARD_DEVIATION)
    return grey.unsqueeze(1).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
