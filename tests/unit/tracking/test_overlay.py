import base64

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.masks import rle
from handseg.tracking import overlay

_PANEL = 384


def _drawn(png: str) -> NDArray[np.uint8]:
    data = np.frombuffer(base64.b64decode(png), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _masks(*boxes: tuple[int, int]) -> list[rle.Runs]:
    """One class for each pair of rows (from, to), over columns 8 to 24 of 48 x 32."""
    found = []
    for top, bottom in boxes:
        mask = np.zeros((48, 32), bool)
        mask[top:bottom, 8:24] = True
        found.append(rle.runs_of(mask))
    return found


def test_truth_prediction_and_difference_stand_side_by_side() -> None:
    pixels = np.full((48, 32), 100, np.uint8)
    drawn = _drawn(overlay.draw(pixels, _masks((8, 24), (30, 40)), _masks((8, 32), (30, 40))))
    height, width = drawn.shape[:2]
    assert width > 3 * _PANEL and height > _PANEL

    def colour(panel: int, row: int, column: int) -> list[int]:
        """At a pixel of the image, 8 of the picture's to one of it."""
        top, left = height - _PANEL - 4, 4 + panel * (_PANEL + 4)
        return [int(v) for v in drawn[top + 8 * row + 4, left + 8 * column + 4]]

    grey = [100, 100, 100]
    # inside of both; predicted alone; inside of the class that is right; outside of all
    assert [colour(0, 16, 16) != grey, colour(1, 16, 16) != grey] == [True, True]
    assert colour(2, 16, 16) == grey
    assert colour(0, 28, 16) == grey
    assert colour(1, 28, 16) != grey and colour(2, 28, 16) == colour(1, 28, 16)
    assert colour(2, 35, 16) == grey
    assert colour(0, 2, 2) == grey
