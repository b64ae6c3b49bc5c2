import numpy as np
import pytest

from handseg.masks import polygons
from handseg.masks.polygons import Box


def test_bounds_include_the_last_pixel_and_stop_at_the_image() -> None:
    square = np.array([[-3, 2], [4, 2], [4, 99]], np.int32)
    assert polygons.bounds([square], (10, 20)) == Box(top=2, left=0, bottom=10, right=5)


def test_bounds_of_several_polygons_hold_all() -> None:
    a = np.array([[1, 1], [2, 1], [2, 3]], np.int32)
    b = np.array([[7, 5], [8, 5], [8, 6]], np.int32)
    assert polygons.bounds([a, b], (10, 10)) == Box(top=1, left=1, bottom=7, right=9)


@pytest.mark.parametrize("corner", [-50, 50])
def test_bounds_outside_the_image_are_empty(corner: int) -> None:
    triangle = np.array([[0, 0], [1, 0], [0, 1]], np.int32) + corner
    box = polygons.bounds([triangle], (10, 10))
    assert box.is_empty
    assert box.height * box.width == 0


def test_bounds_of_nothing_are_empty() -> None:
    assert polygons.bounds([], (10, 10)).is_empty


def test_scaling_maps_pixel_centres() -> None:
    # four pixels become one: the centre of 0..3 is 1.5, and (1.5 + 0.5) / 4 - 0.5 = 0
    matrix = polygons.scaling((8, 40), (2, 10))
    mapped = polygons.transform(np.array([[0, 0], [36, 4]], np.int32), matrix)
    assert mapped.tolist() == [[-0.375, -0.375], [8.625, 0.625]]
    assert np.allclose(matrix @ [1.5, 1.5, 1], 0)


def test_scaling_to_the_same_size_is_the_identity() -> None:
    assert np.array_equal(polygons.scaling((5, 7), (5, 7)), np.eye(2, 3))
