import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.images import augment
from handseg.settings import AugmentSettings

_STILL = AugmentSettings(flip=0, rotate=0, grid_dropout=0)


def _draw(settings: AugmentSettings, seed: int = 0, side: int = 32) -> np.ndarray:
    return augment.draw_affine(np.random.default_rng(seed), settings, side)


def test_nothing_wanted_is_the_identity() -> None:
    assert np.allclose(_draw(_STILL), np.eye(2, 3))


def test_a_flip_mirrors_pixel_centres() -> None:
    matrix = _draw(AugmentSettings(flip=1, rotate=0), side=10)
    # column 0 becomes column 9, rows stay
    assert np.allclose(matrix @ [0, 4, 1], [9, 4])


def test_a_flipped_image_equals_numpys() -> None:
    image = np.random.default_rng(1).integers(0, 256, (12, 12), np.uint8)
    matrix = _draw(AugmentSettings(flip=1, rotate=0), side=12)
    assert np.array_equal(augment.warp(image, matrix), image[:, ::-1])


@given(seed=st.integers(0, 1000))
def test_rotation_keeps_centre_and_lengths(seed: int) -> None:
    matrix = _draw(AugmentSettings(flip=0.5, rotate=1, rotate_degrees=45), seed)
    assert np.allclose(matrix @ [15.5, 15.5, 1], 15.5)
    assert np.allclose(abs(np.linalg.det(matrix[:, :2])), 1)
    angle = np.degrees(np.arcsin(np.clip(matrix[0, 1], -1, 1)))
    assert abs(angle) <= 45


def test_scale_is_drawn_evenly_in_both_directions() -> None:
    settings = AugmentSettings(flip=0, rotate=1, rotate_degrees=0, scale_fraction=0.25)
    scales = [np.sqrt(np.linalg.det(_draw(settings, seed)[:, :2])) for seed in range(400)]
    assert 0.79 < min(scales) < 0.82 and 1.22 < max(scales) <= 1.25
    assert abs(np.mean(np.log(scales))) < 0.02


def test_composition_applies_left_then_right() -> None:
    double = np.array([[2.0, 0, 0], [0, 2.0, 0]])
    shift = np.array([[1.0, 0, 5], [0, 1.0, 7]])
    assert np.allclose(augment.compose(double, shift) @ [3, 4, 1], [11, 15])


def test_grid_dropout_zeroes_image_and_target_in_the_same_places() -> None:
    recipe = augment.pixel_recipe(AugmentSettings(grid_dropout=1))
    image, target = np.full((64, 64), 200, np.uint8), np.full((64, 64, 4), 255, np.uint8)
    changed, dropped = augment.apply_pixels(recipe, image, target, seed=3)
    assert 0 < (changed == 0).mean() < 0.3
    assert np.array_equal(changed == 0, (dropped == 0).all(axis=2))


def test_the_same_seed_draws_the_same() -> None:
    recipe = augment.pixel_recipe(AugmentSettings(contrast_fraction=0.3))
    image, target = np.arange(256, dtype=np.uint8).reshape(16, 16), np.zeros((16, 16, 4), np.uint8)
    first, _ = augment.apply_pixels(recipe, image, target, seed=5)
    again, _ = augment.apply_pixels(recipe, image, target, seed=5)
    other, _ = augment.apply_pixels(recipe, image, target, seed=6)
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_probabilities_outside_0_to_1_are_refused() -> None:
    with pytest.raises(ValueError, match="flip must be between 0 and 1, got 1.5"):
        AugmentSettings(flip=1.5)


def test_cutout_blackens_up_to_eight_rectangles_and_leaves_the_truth() -> None:
    recipe = augment.pixel_recipe(AugmentSettings(grid_dropout=0, cutout=1))
    image, target = np.full((200, 200), 90, np.uint8), np.full((200, 200, 4), 255, np.uint8)
    for seed in range(20):
        changed, kept = augment.apply_pixels(recipe, image, target, seed)
        # eight of a tenth by a tenth are 0.08
        assert 0 < (changed == 0).mean() <= 0.08
        assert np.isin(changed, (0, 90)).all()
        assert np.array_equal(kept, target)


def test_cutout_changes_no_other_draw() -> None:
    image, target = np.full((64, 64), 90, np.uint8), np.full((64, 64, 4), 255, np.uint8)
    wanted = AugmentSettings(grid_dropout=0.5, contrast_fraction=0.2)
    for seed in range(10):
        plain, _ = augment.apply_pixels(augment.pixel_recipe(wanted), image, target, seed)
        holed = augment.pixel_recipe(dataclasses.replace(wanted, cutout=1))
        changed, _ = augment.apply_pixels(holed, image, target, seed)
        assert np.array_equal(changed[changed != 0], plain[changed != 0])
