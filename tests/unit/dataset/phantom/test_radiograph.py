from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom import flesh
from handseg.dataset.phantom.hand import Hand, hands_of
from handseg.dataset.phantom.radiograph import render
from handseg.dataset.phantom.traits import generator


@cache
def _drawn(person: int, size: int) -> tuple[Hand, NDArray[np.uint8]]:
    hand = hands_of(0, "train", person, size)[0]
    return hand, render(hand, generator(0, "train", person, 1))


def _mean(image: NDArray[np.uint8], hand: Hand, class_ids: tuple[int, ...]) -> float:
    mask = np.zeros(image.shape, np.uint8)
    for class_id in class_ids:
        cv2.fillPoly(mask, [hand.polygons()[class_id]], 1)
    return float(image[mask > 0].mean())


def test_brightness_is_that_of_the_real_data() -> None:
    images = [_drawn(person, 512)[1] / 255 for person in range(50)]
    assert 0.10 <= np.mean([image.mean() for image in images]) <= 0.15
    assert np.mean([image.std() for image in images]) == pytest.approx(0.168, abs=0.02)


def test_brightness_does_not_depend_on_the_size() -> None:
    for person in (0, 1):
        large, small = _drawn(person, 2048)[1], _drawn(person, 256)[1]
        assert small.mean() == pytest.approx(large.mean(), rel=0.1)


def test_finger_tips_are_darker_than_the_wrist() -> None:
    for person in range(8):
        hand, image = _drawn(person, 512)
        tips = tuple(class_ids[0] for class_ids in bones.FINGERS.values())
        assert _mean(image, hand, tips) < 0.8 * _mean(image, hand, bones.CARPALS)


def test_overlapping_bones_are_brighter() -> None:
    ratios = []
    for person in range(8):
        hand, image = _drawn(person, 512)
        masks = np.zeros((2, *image.shape), np.uint8)
        for mask, class_id in zip(masks, bones.OVERLAPPING[0], strict=True):
            cv2.fillPoly(mask, [hand.polygons()[class_id]], 1)
        both, one = masks.all(axis=0), masks.any(axis=0) & ~masks.all(axis=0)
        ratios.append(image[both].mean() / image[one].mean())
    assert min(ratios) > 1.03
    assert np.mean(ratios) > 1.1


def test_bone_is_two_to_four_times_as_bright_as_soft_tissue() -> None:
    ratios = []
    for person in range(12):
        hand, image = _drawn(person, 512)
        bone = np.zeros(image.shape, np.uint8)
        for points in hand.polygons().values():
            cv2.fillPoly(bone, [points], 1)
        apart = cv2.dilate(bone, np.ones((5, 5), np.uint8)) == 0
        tissue = flesh.thickness(hand, generator(0, "train", person, 1)) > 0.1
        ratios.append(image[bone > 0].mean() / image[apart & tissue].mean())
    assert 2 < np.mean(ratios) < 4
    assert min(ratios) > 1.7


def test_cortex_is_brighter_than_the_canal() -> None:
    for person in range(4):
        hand, image = _drawn(person, 2048)
        base, head = hand.bones[10].axis
        middle = (base + head) / 2
        across = np.array([-(head - base)[1], (head - base)[0]]) / np.linalg.norm(head - base)
        line = middle + np.arange(-40, 41)[:, None] * across
        blurred = cv2.GaussianBlur(image, (0, 0), 2).astype(np.float64)
        profile = blurred[line[:, 1].astype(int), line[:, 0].astype(int)]
        canal = profile[37:44].mean()
        assert profile[:37].max() > 1.05 * canal
        assert profile[44:].max() > 1.05 * canal


@pytest.mark.parametrize("size", [64, 256])
def test_same_randomness_gives_the_same_pixels(size: int) -> None:
    hand, image = _drawn(0, size)
    assert image.shape == (size, size)
    assert image.dtype == np.uint8
    assert np.array_equal(image, render(hand, generator(0, "train", 0, 1)))
    assert not np.array_equal(image, render(hand, generator(1, "train", 0, 1)))
