import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from handseg.inference import tiles
from handseg.inference.tiles import TILE_PX, ImageTiles, TileBuilder

RECTANGLES = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=150),
    elements=st.sampled_from([0, 0, 0, 8, 255]),
    fill=st.just(0),
)


def test_only_occupied_tiles_are_kept_in_order() -> None:
    plane = np.zeros((130, 200), np.uint8)
    plane[0, 199] = 9  # tile row 0, column 3
    plane[63, 63] = 8  # tile 0, 0
    plane[129, 64] = 7  # tile 2, 1
    found = tiles.cut(plane, top=0, left=0)
    assert found.rows.tolist() == [0, 0, 2]
    assert found.columns.tolist() == [0, 3, 1]
    assert found.values[0, 63, 63] == 8
    assert found.values[1, 0, 199 - 192] == 9
    assert found.values[2, 129 - 128, 0] == 7
    assert found.values.sum(dtype=int) == 24


def test_a_plane_of_zeros_has_no_tile() -> None:
    assert len(tiles.cut(np.zeros((300, 10), np.uint8), top=5, left=60).rows) == 0


@given(RECTANGLES, st.integers(0, 200), st.integers(0, 200), st.integers(0, 100))
def test_putting_together_undoes_cutting(
    values: NDArray[np.uint8], top: int, left: int, margin: int
) -> None:
    height, width = top + values.shape[0] + margin, left + values.shape[1]
    builder = TileBuilder("a.png", "ID1", height=height, width=width)
    builder.add(7, values, top=top, left=left)
    image = builder.build()
    expected = np.zeros((height, width), np.uint8)
    expected[top:, left:][: values.shape[0]] = values
    roi = tiles.plane_roi(image, 7)
    found = np.zeros_like(expected)
    found[roi.top : roi.top + len(roi.values), roi.left : roi.left + roi.values.shape[1]] = (
        roi.values
    )
    assert np.array_equal(found, expected)
    assert image.values.any(axis=(1, 2)).all()


def three_classes() -> ImageTiles:
    builder = TileBuilder("a.png", "ID1", height=100, width=300)
    builder.add(0, np.full((1, 1), 9, np.uint8), top=0, left=0)
    builder.add(5, np.full((100, 65), 10, np.uint8), top=0, left=235)
    builder.add(28, np.zeros((1, 1), np.uint8), top=0, left=0)
    return builder.build()


def test_tiles_are_sorted_by_class_row_and_column() -> None:
    image = three_classes()
    assert image.class_ids.tolist() == [0, 5, 5, 5, 5]
    assert image.rows.tolist() == [0, 0, 0, 1, 1]
    assert image.columns.tolist() == [0, 3, 4, 3, 4]
    assert image.values.shape == (5, TILE_PX, TILE_PX)
    assert image.of_class(5) == slice(1, 5)
    assert image.of_class(4) == slice(1, 1)


def test_occupancy_counts_the_tiles_of_all_planes() -> None:
    # 2 x 5 tiles cover 100 x 300, in 29 planes
    assert three_classes().occupancy == 5 / (10 * 29)


def test_pixels_beyond_the_image_are_zero_and_not_given_back() -> None:
    image = three_classes()
    assert not image.values[3, 100 - 64 :].any()
    assert not image.values[2, :, 300 - 256 :].any()
    assert tiles.plane_roi(image, 5).values.shape == (100, 300 - 192)
    assert tiles.plane_roi(image, 28).values.size == 0


def test_an_image_may_have_no_tile() -> None:
    image = TileBuilder("a.png", "ID1", height=100, width=300).build()
    assert image.values.shape == (0, TILE_PX, TILE_PX)
    assert image.class_ids.dtype == np.uint8
    assert image.rows.dtype == image.columns.dtype == np.uint16


def test_classes_out_of_order_are_refused() -> None:
    builder = TileBuilder("a.png", "ID1", height=9, width=9)
    builder.add(3, np.ones((1, 1), np.uint8), top=0, left=0)
    with pytest.raises(ValueError, match="class 3 comes after class 3"):
        builder.add(3, np.ones((1, 1), np.uint8), top=0, left=0)


@pytest.mark.parametrize(("top", "left"), [(-1, 0), (0, -1), (8, 0), (0, 8)])
def test_a_rectangle_that_leaves_the_image_is_refused(top: int, left: int) -> None:
    builder = TileBuilder("a.png", "ID1", height=9, width=9)
    with pytest.raises(ValueError, match="not all within 9 x 9"):
        builder.add(0, np.ones((2, 2), np.uint8), top=top, left=left)
