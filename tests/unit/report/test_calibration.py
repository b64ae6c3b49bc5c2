import numpy as np
import pytest
from pytest import approx

from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.masks.polygons import Box, Polygons
from handseg.report import calibration

SHAPE = (100, 90)
EMPTY: Polygons = {}


def _tiles(class_id: int, values: np.ndarray, top: int, left: int) -> ImageTiles:
    builder = TileBuilder("a.png", "ann", height=SHAPE[0], width=SHAPE[1])
    builder.add(class_id, values.astype(np.uint8), top=top, left=left)
    return builder.build()


def _truth(class_id: int, box: Box) -> Polygons:
    """A rectangle; of a polygon the edge is part."""
    bottom, right = box.bottom - 1, box.right - 1
    corners = [[box.left, box.top], [right, box.top], [right, bottom], [box.left, bottom]]
    return {class_id: [np.array(corners, np.int32)]}


def test_pixels_are_counted_by_probability_and_by_truth() -> None:
    # a row of ten pixels across the border of two tiles: four of p 0.2, six of p 0.8
    values = np.array([[51] * 4 + [204] * 6])
    truth = _truth(3, Box(66, 61, 75, 68))  # of the ten pixels, from column 60 on, the middle seven
    counted = calibration.counts(_tiles(3, values, 70, 60), truth)
    assert counted.shape == (29, 10, 3)
    assert counted[3, 2].tolist() == [4, 3, 4 * 51]  # columns 60 to 63, of which 61 to 63 are bone
    assert counted[3, 8].tolist() == [6, 4, 6 * 204]  # columns 64 to 69, of which 64 to 67 are
    assert counted.sum() == 4 + 3 + 4 * 51 + 6 + 4 + 6 * 204


def test_what_a_store_leaves_out_is_not_counted() -> None:
    values = np.array([[0, 0, 255]])
    counted = calibration.counts(_tiles(0, values, 0, 0), _truth(0, Box(0, 0, *SHAPE)))
    # one pixel of probability 1, in the last bin; the zeros beside it, in its tile, are none
    assert counted[0, 9].tolist() == [1, 1, 255]
    assert counted[:, :, 0].sum() == 1


def test_without_truth_or_without_a_probability_nothing_is_right() -> None:
    tiles = _tiles(5, np.full((3, 3), 128), 90, 80)
    counted = calibration.counts(tiles, EMPTY)
    assert counted[5, 5].tolist() == [9, 0, 9 * 128]
    beside = _truth(5, Box(0, 0, 5, 5))  # every tile of the bone
    assert (calibration.counts(tiles, beside) == counted).all()


@pytest.mark.parametrize(
    ("level", "number"), [(1, 0), (25, 0), (26, 1), (127, 4), (128, 5), (255, 9)]
)
def test_bins_are_tenths_and_the_last_holds_1(level: int, number: int) -> None:
    # 25 / 255 = 0.098, 26 / 255 = 0.102, 127 / 255 = 0.498, 128 / 255 = 0.502
    counted = calibration.counts(_tiles(0, np.array([[level]]), 8, 8), EMPTY)
    assert np.flatnonzero(counted[0, :, 0]).tolist() == [number]


def test_the_error_is_the_distance_of_each_bin_weighted_by_its_pixels() -> None:
    counted = np.zeros((10, 3), np.int64)
    counted[2] = (30, 12, 30 * 51)  # p 0.2, of which 0.4 are bone: 0.2 too little
    counted[8] = (70, 49, 70 * 204)  # p 0.8, of which 0.7 are bone: 0.1 too much
    found = calibration.reliability(counted)
    assert found is not None
    assert found.error == approx(0.3 * 0.2 + 0.7 * 0.1)  # 0.13
    assert (found.pixels, found.mean, found.right) == approx((100, 0.62, 0.61))
    assert (found.bins[2].low, found.bins[2].high) == approx((0.2, 0.3))
    assert (found.bins[8].mean, found.bins[8].right) == approx((0.8, 0.7))
    assert np.isnan(found.bins[0].mean) and found.bins[0].pixels == 0


def test_certain_and_right_is_no_error_and_certain_and_wrong_is_all_of_it() -> None:
    sure = np.zeros((10, 3), np.int64)
    sure[9] = (4, 4, 4 * 255)
    wrong = sure.copy()
    wrong[9, 1] = 0
    right, false = calibration.reliability(sure), calibration.reliability(wrong)
    assert right is not None and right.error == 0
    assert false is not None and false.error == 1


def test_of_no_pixels_nothing_is_said() -> None:
    assert calibration.reliability(np.zeros((10, 3), np.int64)) is None
