import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.images import augment, elastic
from handseg.images.elastic import Field
from handseg.masks import bitfield
from handseg.settings import AugmentSettings

SIDE = 256
MOST = AugmentSettings(elastic=1, elastic_fraction=0.03)


def draw(seed: int, wanted: AugmentSettings = MOST, side: int = SIDE) -> Field:
    field = elastic.draw(np.random.default_rng(seed), wanted, side)
    assert field is not None
    return field


def grid(side: int, step: float) -> NDArray[np.float64]:
    line = np.arange(-0.5, side, step)
    x, y = np.meshgrid(line, line)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def bone(seed: int) -> NDArray[np.int32]:
    """A bone-like outline of 40 corners, a quarter of the square wide."""
    generator = np.random.default_rng(seed)
    angles = np.sort(generator.uniform(0, 2 * np.pi, 40))
    radii = generator.uniform(0.8, 1.2, 40) * SIDE / 8
    circle = np.stack([np.cos(angles), 2 * np.sin(angles)], axis=1)
    return np.asarray(np.rint(SIDE / 2 + circle * radii[:, None]), np.int32)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("seed", range(5))
def test_pixels_and_vertices_move_alike(seed: int) -> None:
    """Dice of the moved mask and the moved outline is over 0.99, rotated and mirrored as well."""
    field, outline = draw(seed), bone(seed)
    mask = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [outline], (255,)).astype(np.uint8)
    turned = AugmentSettings(flip=1, rotate=1, rotate_degrees=30)
    affine = augment.draw_affine(np.random.default_rng(seed), turned, SIDE)
    of_pixels = field.warp(mask, affine) >= 128
    drawn = bitfield.rasterise({0: [outline]}, mask.shape, matrix=affine, bend=field.move)
    still = bitfield.rasterise({0: [outline]}, mask.shape, matrix=affine)
    assert dice(of_pixels, drawn != 0) > 0.99
    assert dice(still != 0, drawn != 0) < 0.99  # it did move


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_a_moved_vertex_is_read_from_where_it_was(seed: int) -> None:
    field, points = draw(seed), grid(SIDE, 16)
    moved = field.move(points)
    origins = moved + field.displacement(moved)
    nearest = np.abs(points[:, None] - origins).max(axis=2).min(axis=1)
    assert nearest.max() < 1 / 256


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_nothing_folds_at_the_largest_deformation(seed: int) -> None:
    field = draw(seed)
    along = field.displacement(grid(SIDE, 1)).reshape(SIDE + 1, SIDE + 1, 2)
    for axis in (0, 1):
        assert np.abs(np.diff(along, axis=axis)).sum(axis=2).max() < 1


def test_no_pixel_moves_further_than_the_fraction() -> None:
    moved = np.abs(draw(1).displacement(grid(SIDE, 4)))
    assert 0.01 * SIDE < moved.max() <= 0.03 * SIDE


def test_a_field_of_zeros_leaves_the_image_alone() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    still = Field(64, np.zeros((11, 11, 2)))
    assert np.array_equal(still.warp(image, np.eye(2, 3)), image)


def test_a_constant_field_shifts_the_image() -> None:
    # each pixel comes from 3 to its right and 5 below
    image = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    shifted = Field(64, np.broadcast_to([3.0, 5.0], (11, 11, 2)).copy()).warp(image, np.eye(2, 3))
    assert np.array_equal(shifted[:-5, :-3], image[5:, 3:])


def test_a_long_edge_becomes_a_curve() -> None:
    corners = np.array([[20.0, 20], [230, 20], [125, 230]])
    assert len(draw(0).move(corners)) > 50


def test_a_probability_of_none_draws_no_field() -> None:
    assert elastic.draw(np.random.default_rng(0), AugmentSettings(), SIDE) is None


def test_a_deformation_that_would_fold_is_refused() -> None:
    with pytest.raises(ValueError, match=r"elastic_fraction must be at most 0\.03, .* got 0\.04"):
        AugmentSettings(elastic_fraction=0.04)
