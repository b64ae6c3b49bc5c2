from dataclasses import replace

import numpy as np

from handseg.eda import image_outliers
from handseg.eda.outlier import LABEL, Outlier
from tests.unit.eda.drawn import SPOILED, drawn, measure, measured, with_spoiled

PIXELS, POLYGONS = drawn(SPOILED)
NAME = f"image{SPOILED}.png"
USUAL = {(one.image_name, one.reason) for one in image_outliers.find(measured())}


def new(**changes: object) -> list[Outlier]:
    """What is found of the spoiled image and not of it as it was drawn."""
    found = image_outliers.find(with_spoiled(**changes))  # type: ignore[arg-type]
    return [one for one in found if (one.image_name, one.reason) not in USUAL]


def test_a_dark_and_a_bright_image_are_of_odd_exposure() -> None:
    (dark, *_) = new(pixels=(PIXELS // 8).astype(np.uint8))
    assert dark.reason.startswith("odd exposure: very dark")
    assert dark.score < LABEL
    bright = new(pixels=np.clip(PIXELS.astype(int) * 6, 0, 255).astype(np.uint8))
    assert any("very white" in one.reason or "very bright" in one.reason for one in bright)


def test_an_inverted_image_is_said_to_be_inverted_and_nothing_else() -> None:
    (only,) = [one for one in new(pixels=255 - PIXELS) if one.image_name == NAME]
    assert only.reason.startswith("odd exposure: inverted")
    assert 0 < only.score < LABEL


def test_a_framed_image_is_not_inverted() -> None:
    framed = PIXELS.copy()
    framed[:6], framed[-6:], framed[:, :6], framed[:, -6:] = 255, 255, 255, 255
    assert not [one for one in new(pixels=framed) if "inverted" in one.reason]


def test_noise_is_odd_sharpness() -> None:
    noise = np.random.default_rng(1).integers(0, 90, PIXELS.shape)
    noisy = new(pixels=np.clip(PIXELS + noise, 0, 255).astype(np.uint8))
    assert any("odd sharpness: very noisy" in one.reason for one in noisy)


def test_a_ring_is_metal_on_its_bone() -> None:
    ringed = PIXELS.copy()
    x, y = POLYGONS[9][0].mean(axis=0).astype(int)  # finger-10, a proximal one
    ringed[y - 2 : y + 3, x - 6 : x + 7] = 255
    (only,) = [one for one in new(pixels=ringed) if "metal" in one.reason]
    assert only.bones == ("finger-10",)
    assert only.score < LABEL


def test_a_name_of_the_other_side_is_a_wrong_label() -> None:
    named = [
        measure(number, name=f"image{number}_{'L' if number % 2 else 'R'}.png")
        for number in range(8)
    ]
    assert not [one for one in image_outliers.find(named) if "left and right" in one.reason]
    named[2] = measure(2, name="image2_L.png")
    (only,) = [one for one in image_outliers.find(named) if "left and right" in one.reason]
    assert only.image_name == "image2_L.png"
    assert "named a left hand, and its bones are annotated as a right one" in only.reason
    assert only.is_label


def test_the_same_pixels_are_told_once() -> None:
    twice = [*measured(), measure(SPOILED, name="again.png")]
    (only,) = [one for one in image_outliers.find(twice) if "same pixels" in one.reason]
    assert only.image_name == "again.png"
    assert f"the same pixels as image{SPOILED}.png of the same person" in only.reason
    assert not only.is_fault


def test_the_same_pixels_under_two_people_are_a_fault_in_train_alone() -> None:
    for part in ("train", "test"):
        other = replace(measure(SPOILED, name="again.png"), person="ID999", part=part)
        (only,) = [one for one in image_outliers.find([*measured(), other])
                   if "same pixels" in one.reason]  # fmt: skip
        assert only.is_fault == (part == "train")
