import base64

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from handseg.masks.polygons import Box
from handseg.report import pictures
from handseg.report.pictures import Picture

RAMP = np.tile(np.arange(200, dtype=np.uint8), (100, 1))
NOISE = np.random.default_rng(0).integers(0, 256, (300, 300), dtype=np.uint8)


def decoded(picture: Picture) -> NDArray[np.generic]:
    head, _, text = picture.uri.partition(",")
    assert head == "data:image/webp;base64"
    found = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert found is not None
    return found


def test_a_large_image_becomes_a_small_picture_of_the_same_proportions() -> None:
    picture = pictures.of_image(RAMP, side_px=50, limit_bytes=10_000)
    assert (picture.width, picture.height) == (50, 25)
    assert decoded(picture).shape == (25, 50)


def test_a_small_image_is_not_enlarged() -> None:
    picture = pictures.of_image(RAMP, side_px=1000, limit_bytes=10_000)
    assert decoded(picture).shape == (100, 200)


def test_a_part_is_cut_out() -> None:
    box = Box(10, 150, 60, 200)
    picture = pictures.of_image(RAMP, side_px=1000, limit_bytes=10_000, box=box)
    assert np.abs(decoded(picture).astype(float) - RAMP[10:60, 150:200]).max() < 8


def test_quality_gives_way_to_the_limit() -> None:
    fine = pictures.of_image(NOISE, side_px=300, limit_bytes=10**6)
    coarse = pictures.of_image(NOISE, side_px=300, limit_bytes=30_000)
    assert len(coarse.uri) < 4 / 3 * 30_000 + 100 < len(fine.uri)


def test_nothing_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="nothing to show"):
        pictures.of_image(RAMP, side_px=9, limit_bytes=999, box=Box(5, 5, 5, 9))
