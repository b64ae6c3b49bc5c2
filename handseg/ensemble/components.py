"""The largest connected region of a mask."""

import cv2
import numpy as np
from numpy.typing import NDArray


def largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Keep the largest of the regions whose pixels touch at a side or corner.

    Args:
        mask: uint8 (h, w), 0 or 1; it may be empty in either direction.

    Returns:
        uint8 (h, w); of equal regions, the one that begins furthest up, then left, is kept.
    """
    if not mask.any():
        return mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    found = stats[1:]
    # Labels' order is OpenCV's own affair, and may change with its threads.
    order = (found[:, cv2.CC_STAT_LEFT], found[:, cv2.CC_STAT_TOP], -found[:, cv2.CC_STAT_AREA])
    label = 1 + int(np.lexsort(order)[0])
    return np.asarray(labels == label).view(np.uint8)
