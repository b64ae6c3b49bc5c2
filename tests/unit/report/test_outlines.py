import re

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from handseg.masks import rle
from handseg.report import outlines

Mask = NDArray[np.bool_]
shapes = st.tuples(st.integers(1, 12), st.integers(1, 12))


def masks() -> st.SearchStrategy[Mask]:
    return shapes.flatmap(lambda shape: hnp.arrays(np.bool_, shape))


def points(path: str) -> list[list[tuple[int, int]]]:
    """What a browser makes of it: absolute points of each closed line."""
    lines = []
    for part in re.findall(r"M([^z]*)z", path):
        start, _, moves = part.partition("l")
        numbers = [int(n) for n in f"{start} {moves}".split()]
        steps = np.array(numbers).reshape(-1, 2)
        lines.append([(int(x), int(y)) for x, y in np.cumsum(steps, axis=0)])
    return lines


def test_a_square_is_four_corners() -> None:
    mask = np.zeros((100, 100), bool)
    mask[20:31, 10:41] = True
    (corners,) = points(outlines.of_runs(rle.runs_of(mask), mask.shape))
    assert set(corners) == {(10, 20), (40, 20), (40, 30), (10, 30)}


def test_a_hole_is_a_line_of_its_own() -> None:
    mask = np.zeros((100, 100), bool)
    mask[10:90, 10:90] = True
    mask[40:60, 40:60] = False
    assert len(points(outlines.of_runs(rle.runs_of(mask), mask.shape))) == 2


def test_an_empty_mask_and_no_polygon_have_no_path() -> None:
    assert outlines.of_runs(rle.empty(), (10, 10)) == ""
    assert outlines.of_polygons([], (10, 10)) == ""


def test_a_polygon_keeps_its_corners() -> None:
    triangle = np.array([[5, 5], [200, 10], [90, 180]], np.int32)
    (corners,) = points(outlines.of_polygons([triangle], (256, 256)))
    assert set(corners) == {(5, 5), (200, 10), (90, 180)}


def test_an_outline_stays_within_a_pixel_of_its_mask() -> None:
    circle = np.zeros((1600, 1600), np.uint8)
    cv2.circle(circle, (800, 800), 500, 1, -1)
    path = outlines.of_runs(rle.runs_of(circle), (1600, 1600))
    drawn = np.zeros_like(circle)
    cv2.fillPoly(drawn, [np.array(points(path)[0], np.int32)], (1,))
    outside = cv2.erode((drawn != circle).astype(np.uint8), np.ones((3, 3), np.uint8))
    assert not outside.any()
    assert len(path) < 1500


def test_noise_costs_no_more_than_a_few_kilobytes() -> None:
    for share in (0.2, 0.5):
        noise = np.random.default_rng(0).random((500, 500)) < share
        assert len(outlines.of_runs(rle.runs_of(noise), (500, 500))) < 4_000


@given(masks())
def test_a_mask_is_found_again_in_its_rectangle(mask: Mask) -> None:
    box, part = outlines.roi(rle.runs_of(mask), (mask.shape[0], mask.shape[1]))
    found = np.zeros(mask.shape, bool)
    found[box.top : box.bottom, box.left : box.right] = part
    assert np.array_equal(found, mask)
    if mask.any():
        assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any()
