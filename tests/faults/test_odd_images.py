"""Rows of images that are usable: of other sizes, and of one grey value."""

import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.drawing import write_image, write_tiny_dataset
from tests.faults import masks, spoiled
from tests.faults.command import handseg
from tests.faults.conftest import FEW_STEPS
from tests.faults.spoiled import Told

SIZE = (200, 300)
"""Height and width, none of them 2048 and not alike."""
ENOUGH_STEPS = ("--preset", "smoke", "--train.length", "120", "--train.learning_rate", "2e-2")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data` of 300 x 200 pixels, whose second test image is the first enlarged."""
    root = tmp_path_factory.mktemp("odd")
    write_tiny_dataset(root / "data", people=4, test_people=1, size=SIZE, seed=3)
    small, large = spoiled.images(root / "data", "test")
    pixels = np.asarray(cv2.imread(str(small), cv2.IMREAD_GRAYSCALE), np.uint8)
    write_image(large, pixels.repeat(2, axis=0).repeat(2, axis=1))
    handseg("run", "--data", root / "data", "--out", root / "run", *ENOUGH_STEPS).must(0)
    return root


@pytest.mark.fault(51)
def test_row_51_masks_come_in_the_pixels_of_each_image(odd: Path, told: Told) -> None:
    csv = odd / "run" / "submission.csv"
    handseg("validate", "--data", odd / "data", "--submission", csv).must(0, "no fault: 2 images")
    small, large = spoiled.images(odd / "data", "test")
    shapes = {small.name: SIZE, large.name: (2 * SIZE[0], 2 * SIZE[1])}
    found = [masks.decode(runs, shapes[name]) for name, _, runs in masks.read(csv)]
    pairs = list(zip(found[:29], found[29:], strict=True))
    # The network sees the same 64 x 64 pixels of both, so that one mask is the other enlarged.
    shared = sum(int((a & b[::2, ::2]).sum()) for a, b in pairs)
    areas = sum(int(a.sum() + b[::2, ::2].sum()) for a, b in pairs)
    assert shared > 5000
    assert 2 * shared / areas > 0.97
    told(
        "300 x 200 and the same at 600 x 400 through all stages: the CSV validates, and its masks "
        f"are each other enlarged (Dice {2 * shared / areas:.3f})"
    )


@pytest.mark.fault(51)
def test_row_51_scores_are_taken_in_the_pixels_of_each_image(odd: Path, told: Told) -> None:
    data, image = odd / "data", spoiled.images(odd / "data")[0]
    true = masks.truth(spoiled.annotation(image), SIZE)
    csv = masks.write(odd / "true.csv", {image.name: true})
    assert masks.score(data, csv)["mean_dice"] == 1.0
    wide = [np.pad(mask, ((0, 2048 - SIZE[0]), (0, 2048 - SIZE[1]))) for mask in true]
    csv = masks.write(odd / "wide.csv", {image.name: wide})
    beyond = "ends beyond the image's 60000 pixels"
    handseg("score", "--truth", data, "--submission", csv).must(2, csv, image.name, beyond)
    found = masks.score(data, _predicted(odd))
    assert found["mean_dice"] > 0.3
    told(
        "true masks at 300 x 200: Dice 1.0; in coordinates of 2048: exit 2; the trained member "
        f"reaches {found['mean_dice']:.2f} on held-out images"
    )


def _predicted(odd: Path) -> Path:
    """The vote of the members on the images they held out."""
    csv = odd / "oof.csv"
    stores = [odd / "run" / "stores" / member / "oof" for member in ("fold0", "fold1")]
    handseg("ensemble", "--stores", *stores, "--weights", "1", "1", "--out", csv).must(0)
    return csv


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in _numbers(each)]
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, int | float) else []


@pytest.mark.fault(52)
def test_row_52_an_image_of_one_grey_value_goes_through_all_stages(
    data: Path, tmp_path: Path, told: Told
) -> None:
    write_image(spoiled.images(data)[0], np.zeros((160, 160), np.uint8))
    write_image(spoiled.images(data, "test")[0], np.full((160, 160), 255, np.uint8))
    out, csv = tmp_path / "run", tmp_path / "oof.csv"
    ended = handseg("run", "--data", data, "--out", out, *FEW_STEPS)
    ended.must(0, ": one grey value (255); look at the image", "and 1 more")
    for member in ("fold0", "fold1"):
        numbers = _numbers(json.loads((out / "members" / member / "card.json").read_text()))
        assert len(numbers) > 100
        assert all(map(math.isfinite, numbers))
    handseg("validate", "--data", data, "--submission", out / "submission.csv").must(0)
    stores = [out / "stores" / member / "oof" for member in ("fold0", "fold1")]
    handseg("ensemble", "--stores", *stores, "--weights", "1", "1", "--out", csv).must(0)
    assert all(map(math.isfinite, _numbers(masks.score(data, csv))))
    told(
        "a black one to train on, a white one to predict: exit 0, said by the check; all numbers "
        "of cards and scores are finite, and the CSV validates"
    )
