import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from handseg.masks import bitfield, rle
from handseg.masks.polygons import Polygons

SHAPE = (40, 60)


def outlines(low: int = -15, high: int = 75) -> st.SearchStrategy[NDArray[np.int32]]:
    return st.integers(3, 7).flatmap(
        lambda count: hnp.arrays(np.int32, (count, 2), elements=st.integers(low, high))
    )


def images(low: int = -15, high: int = 75) -> st.SearchStrategy[Polygons]:
    shapes = st.lists(outlines(low, high), min_size=1, max_size=2)
    return st.dictionaries(st.integers(0, 28), shapes, max_size=3)


def square(left: int, top: int, right: int, bottom: int) -> NDArray[np.int32]:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int32)


def whole_image(shapes: list[NDArray[np.int32]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """What a user draws: each polygon filled onto a full mask."""
    mask = np.zeros(shape, np.uint8)
    for points in shapes:
        cv2.fillPoly(mask, [points], 1)
    return mask.astype(bool)


@given(images())
def test_a_class_is_what_fillpoly_draws_on_the_whole_image(polygons: Polygons) -> None:
    field = bitfield.rasterise(polygons, SHAPE)
    for class_id in range(29):
        expected = whole_image(polygons.get(class_id, []), SHAPE)
        assert np.array_equal(bitfield.plane(field, class_id), expected)


@given(images())
def test_the_identity_matrix_changes_nothing(polygons: Polygons) -> None:
    plain = bitfield.rasterise(polygons, SHAPE)
    assert np.array_equal(bitfield.rasterise(polygons, SHAPE, matrix=np.eye(2, 3)), plain)


@given(images())
def test_class_runs_are_the_runs_of_each_plane(polygons: Polygons) -> None:
    field = bitfield.rasterise(polygons, SHAPE)
    runs = bitfield.class_runs(polygons, SHAPE)
    assert len(runs) == 29
    for class_id, found in enumerate(runs):
        assert np.array_equal(found, rle.runs_of(bitfield.plane(field, class_id)))


def test_two_polygons_of_a_class_are_their_union() -> None:
    # 61 x 61 and 61 x 61, shifted by 30 each way: 2 · 3721 - 31 · 31; even-odd would leave a hole
    polygons = {4: [square(0, 0, 60, 60), square(30, 30, 90, 90)]}
    assert rle.area(bitfield.class_runs(polygons, (100, 100))[4]) == 2 * 3721 - 961
    polygons = {4: [square(0, 0, 60, 60), square(10, 10, 50, 50)]}
    assert rle.area(bitfield.class_runs(polygons, (100, 100))[4]) == 3721


def test_classes_overlap_in_one_pixel() -> None:
    field = bitfield.rasterise({0: [square(0, 0, 3, 3)], 28: [square(2, 2, 5, 5)]}, (6, 6))
    assert field.dtype == np.int32
    assert field[2, 2] == 1 | 1 << 28
    assert field[0, 0] == 1
    assert field[5, 5] == 1 << 28
    assert field[0, 5] == 0


def test_a_mirrored_polygon_is_the_mirrored_mask() -> None:
    polygons = {3: [square(5, 6, 30, 20)]}
    mirror = np.array([[-1.0, 0, 59], [0, 1, 0]])
    mirrored = bitfield.rasterise(polygons, SHAPE, matrix=mirror)
    assert np.array_equal(mirrored, bitfield.rasterise(polygons, SHAPE)[:, ::-1])


def test_a_shrunk_bone_keeps_its_area() -> None:
    # 401 x 401 pixels at 2048; a quarter of that each way is 100.25, and fillPoly's inclusive edge
    # alone would make it 101 or 102
    polygons = {7: [square(100, 100, 500, 500)]}
    matrix = bitfield.scaling((2048, 2048), (512, 512))
    small = bitfield.plane(bitfield.rasterise(polygons, (512, 512), matrix=matrix), 7)
    assert small.sum() == 100 * 100


def test_coverage_is_the_share_of_each_pixel_in_255ths() -> None:
    # columns 0..5 of an 8 x 8 raster, 4 x 4 finer pixels in each of 2 x 2: full, then half
    polygons = {2: [square(0, 0, 5, 7)]}
    planes = bitfield.coverage(
        polygons, (2, 2), matrix=bitfield.scaling((8, 8), (2, 2)), oversample=4
    )
    assert planes.shape == (29, 2, 2)
    assert planes[2].tolist() == [[255, 128], [255, 128]]
    assert not planes[[0, 1, *range(3, 29)]].any()


@given(images(), st.sampled_from([1, 2, 4]))
def test_coverage_averages_the_full_mask(polygons: Polygons, factor: int) -> None:
    shape = (SHAPE[0] // factor, SHAPE[1] // factor)
    planes = bitfield.coverage(
        polygons, shape, matrix=bitfield.scaling(SHAPE, shape), oversample=factor
    )
    for class_id, shapes in polygons.items():
        mask = whole_image(shapes, SHAPE).astype(np.float64)
        blocks = mask.reshape(shape[0], factor, shape[1], factor).mean(axis=(1, 3))
        assert np.abs(planes[class_id] - blocks * 255).max(initial=0) <= 0.5


@pytest.mark.parametrize("angle", [-10, 30, 45, 90])
def test_a_rotated_polygon_meets_the_rotated_mask(angle: float) -> None:
    polygons = {0: [square(60, 90, 140, 120)]}
    matrix = np.asarray(cv2.getRotationMatrix2D((99.5, 99.5), angle, 1.0), np.float64)
    drawn = bitfield.plane(bitfield.rasterise(polygons, (200, 200), matrix=matrix), 0)
    mask = bitfield.rasterise(polygons, (200, 200)).astype(np.uint8)
    moved = cv2.warpAffine(mask, matrix, (200, 200), flags=cv2.INTER_NEAREST).astype(bool)
    assert 2 * (drawn & moved).sum() / (drawn.sum() + moved.sum()) > 0.97
