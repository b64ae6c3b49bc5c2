import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from handseg import bones
from handseg.masks import rle
from handseg.report import labels

SQUARE = np.array([[10, 20], [14, 20], [14, 24], [10, 24]], np.int32)
LINE = np.array([[1, 1], [5, 1]], np.int32)
TRIQUETRUM, PISIFORM = bones.CLASS_ID["Triquetrum"], bones.CLASS_ID["Pisiform"]
places = st.tuples(st.floats(0, 100), st.floats(0, 100))


def test_a_bone_is_named_in_the_middle_of_its_largest_polygon() -> None:
    assert labels.of_polygons([SQUARE // 4, SQUARE]) == approx((12, 22))


def test_no_polygon_and_one_without_area_have_no_middle() -> None:
    assert labels.of_polygons([]) is None
    assert labels.of_polygons([LINE]) is None


def test_a_mask_is_named_at_the_mean_of_its_pixels() -> None:
    mask = np.zeros((9, 7), bool)
    mask[2:5, 1:4] = True  # rows 2, 3, 4 and columns 1, 2, 3
    assert labels.of_runs(rle.runs_of(mask), 7) == approx((2, 3))
    assert labels.of_runs(rle.empty(), 7) is None


@given(places, places)
def test_labels_of_bones_that_lie_over_each_other_are_kept_apart(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    moved = labels.apart({TRIQUETRUM: a, PISIFORM: b}, 10)
    assert math.dist(moved[TRIQUETRUM], moved[PISIFORM]) >= 10 - 1e-6


def test_other_labels_stay() -> None:
    assert labels.apart({0: (1, 1), 1: (1, 1), PISIFORM: (5, 5)}, 10) == {
        0: (1, 1),
        1: (1, 1),
        PISIFORM: (5, 5),
    }
