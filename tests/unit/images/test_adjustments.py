import dataclasses

import cv2
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from handseg.images import adjustments
from handseg.settings import PreprocessSettings

Pixels = NDArray[np.uint8]
FACTORS = (0.0, 0.1, 0.5, 0.99, 1.0, 1.5, 2.0, 3.0, 3.7, 17.0, 256.0, 300.0, 1e6)


def images(least: int = 1) -> st.SearchStrategy[Pixels]:
    sides = st.integers(least, 12)
    shapes = st.one_of(st.tuples(sides, sides), st.tuples(sides, sides, st.just(3)))
    return hnp.arrays(np.uint8, shapes)


def factors() -> st.SearchStrategy[float]:
    return st.one_of(st.sampled_from(FACTORS), st.floats(0, 20, width=32))


def noise(height: int = 200, width: int = 170, channels: int = 0) -> Pixels:
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@given(images(), factors())
def test_sharpness_equals_pil(image: Pixels, factor: float) -> None:
    expected = ImageEnhance.Sharpness(Image.fromarray(image)).enhance(factor)
    assert np.array_equal(adjustments.sharpen(image, factor), np.asarray(expected))


@given(images(), factors())
def test_brightness_equals_pil(image: Pixels, factor: float) -> None:
    expected = ImageEnhance.Brightness(Image.fromarray(image)).enhance(factor)
    assert np.array_equal(adjustments.brighten(image, factor), np.asarray(expected))


@given(images(), factors())
def test_contrast_equals_pil(image: Pixels, factor: float) -> None:
    expected = ImageEnhance.Contrast(Image.fromarray(image)).enhance(factor)
    assert np.array_equal(adjustments.stretch_contrast(image, factor), np.asarray(expected))


@given(images(), factors())
def test_saturation_equals_pil(image: Pixels, factor: float) -> None:
    expected = ImageEnhance.Color(Image.fromarray(image)).enhance(factor)
    assert np.array_equal(adjustments.saturate(image, factor), np.asarray(expected))


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("channels", [0, 3])
def test_every_pair_of_values_is_blended_as_pil_does(factor: float, channels: int) -> None:
    # 34,000 pixels of noise: far more than hypothesis draws, several blocks of rows.
    image = noise(channels=channels)
    for enhance, adjust in (
        (ImageEnhance.Sharpness, adjustments.sharpen),
        (ImageEnhance.Contrast, adjustments.stretch_contrast),
        (ImageEnhance.Color, adjustments.saturate),
    ):
        expected = enhance(Image.fromarray(image)).enhance(factor)
        assert np.array_equal(adjust(image, factor), np.asarray(expected))


def test_rows_wider_than_a_block_are_blended() -> None:
    image = noise(height=3, width=70_000)
    expected = ImageEnhance.Sharpness(Image.fromarray(image)).enhance(1.5)
    assert np.array_equal(adjustments.sharpen(image, 1.5), np.asarray(expected))


def test_sharpness_two_moves_the_centre_away_from_its_surroundings() -> None:
    # smoothed centre: (8 * 100 + 5 * 126) / 13 = 110; 2 * 126 - 110 = 142
    image = np.full((3, 3), 100, np.uint8)
    image[1, 1] = 126
    expected = image.copy()
    expected[1, 1] = 142
    assert np.array_equal(adjustments.sharpen(image, 2.0), expected)


def test_gamma_follows_its_formula() -> None:
    # 255.999 * (51 / 255) ** 2 = 10.24; 255.999 * (204 / 255) ** 2 = 163.84
    image = np.array([[0, 51, 204, 255]], np.uint8)
    assert adjustments.correct_gamma(image, 2.0).tolist() == [[0, 10, 163, 255]]


@given(images(), st.floats(0.1, 10))
def test_gamma_keeps_the_order_of_values_and_both_ends(image: Pixels, gamma: float) -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    table = adjustments.correct_gamma(levels, gamma)[0]
    assert (np.diff(table.astype(int)) >= 0).all()
    assert (table[0], table[255]) == (0, 255)
    assert np.array_equal(adjustments.correct_gamma(image, gamma), table[image])


@given(images(), st.floats(0, 20))
def test_saturation_is_the_identity_where_the_channels_are_equal(
    image: Pixels, factor: float
) -> None:
    grey = np.repeat(image.reshape(len(image), -1)[..., None], 3, axis=2)
    assert np.array_equal(adjustments.saturate(grey, factor), grey)


@given(images(least=3), st.floats(0, 0.95))
def test_a_factor_below_one_never_widens_the_range(image: Pixels, factor: float) -> None:
    blurred = adjustments.sharpen(image, factor)
    assert blurred.min() >= image.min()
    assert blurred.max() <= image.max()


def test_clahe_is_opencvs_on_8x8_parts() -> None:
    image = noise() // 4
    expected = cv2.createCLAHE(2.0, (8, 8)).apply(image)
    assert np.array_equal(adjustments.equalise(image, 2.0), expected)
    assert np.array_equal(
        adjustments.adjust(image, PreprocessSettings(clahe=2.0, sharpness=1)), expected
    )


def test_clahe_spreads_a_dark_part_and_more_so_at_a_higher_limit() -> None:
    image = np.full((200, 170), 10, np.uint8)
    image[100:, 80:] = noise(100, 90) // 10
    spreads = [float(adjustments.equalise(image, limit).std()) for limit in (0, 1.5, 4, 40)]
    assert spreads == sorted(spreads) and spreads[0] < spreads[1] < spreads[3]


@given(images(), st.floats(0.01, 300))
def test_clahe_treats_each_of_three_equal_channels_as_a_grey_image(
    image: Pixels, limit: float
) -> None:
    grey = image if image.ndim == 2 else np.ascontiguousarray(image[..., 0])
    expected = np.repeat(adjustments.equalise(grey, limit)[..., None], 3, axis=2)
    colour = np.repeat(grey[..., None], 3, axis=2)
    assert np.array_equal(adjustments.equalise(colour, limit), expected)


def test_clahe_comes_before_all_others() -> None:
    image = noise()
    settings = PreprocessSettings(clahe=2, gamma=2, sharpness=2)
    expected = adjustments.correct_gamma(adjustments.equalise(image, 2), 2)
    assert np.array_equal(adjustments.adjust(image, settings), adjustments.sharpen(expected, 2))


def test_settings_of_one_leave_the_image_alone() -> None:
    image = noise()
    settings = PreprocessSettings(sharpness=1.0)
    assert adjustments.adjust(image, settings) is image


def test_adjustments_are_applied_one_after_another() -> None:
    image = noise()
    settings = PreprocessSettings(
        sharpness=2, gamma=1.3, saturation=2, contrast=0.8, brightness=1.2
    )
    expected = image
    for name in ("gamma", "contrast", "brightness", "sharpness"):
        alone = {"sharpness": 1.0, name: getattr(settings, name)}
        expected = adjustments.adjust(expected, dataclasses.replace(PreprocessSettings(), **alone))
    assert np.array_equal(adjustments.adjust(image, settings), expected)


def test_the_image_given_is_never_changed() -> None:
    image = noise()
    before = image.copy()
    image.flags.writeable = False
    settings = PreprocessSettings(clahe=2, sharpness=3.7, gamma=2, contrast=2, brightness=0.5)
    adjustments.adjust(image, settings)
    assert np.array_equal(image, before)
