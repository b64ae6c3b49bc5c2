"""A training sample: picture and truth move together, and every draw has a seed of its own."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from handseg import bones
from handseg.errors import BadInput
from handseg.images.cache import CachedImage
from handseg.settings import AugmentSettings, ModelSettings, TrainSettings
from handseg.training.data import TrainingImages
from handseg.training.schedule import Draw
from tests.drawing import COLUMNS

STILL = AugmentSettings(flip=0, rotate=0, grid_dropout=0)
SIDE = 96
ROUNDED = 2
"""Grey levels; an image's bones have values of their own."""


class Shelf:
    """Three images of 128 px with the bones in the left half; bones of image i are 60 (i + 1)."""

    def __init__(self) -> None:
        self.images = {f"{i}.png": _image(i) for i in range(3)}

    def read(self, name: str) -> CachedImage:
        return self.images[name]


def _image(index: int) -> CachedImage:
    polygons, pixels = {}, np.full((128, 128), 5, np.uint8)
    for class_id in range(bones.COUNT):
        # neighbours along a row overlap by 2 px
        left, top = 2 + class_id % COLUMNS * 10, 2 + class_id // COLUMNS * 24
        right, bottom = left + 12, top + 16
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        polygons[class_id] = [np.array(corners, np.int32)]
        pixels[top : bottom + 1, left : right + 1] = 60 * (index + 1)
    return CachedImage(f"{index}.png", f"ID00{index}", "train", pixels, polygons)


def sample(
    settings: AugmentSettings, *, form: str = "bitfield", seed: int = 0, scale: int = 1
) -> tuple[NDArray[np.uint8], NDArray[np.generic]]:
    """A sample of the first of the three images."""
    model = ModelSettings(name="unet", input_px=SIDE, output_px=SIDE * scale)
    train = TrainSettings(model=model, augment=settings)
    train = replace(train, target="coverage" if form == "coverage" else "bitfield")
    images = TrainingImages(Shelf(), [f"{i}.png" for i in range(3)], train)
    image, target, name = images[Draw(0, SIDE, (7, seed, 0))]
    assert name == "0.png"
    return image, target


def masks(target: NDArray[np.generic]) -> NDArray[np.bool_]:
    """bool (29, H, W) of a bit field, or of a coverage of at least half."""
    if target.ndim == 3:
        return np.asarray(target.astype(int) >= 128)
    bits = np.arange(bones.COUNT)[:, None, None]
    return np.asarray(target.astype(np.int64) >> bits & 1 != 0)


def _anywhere(target: NDArray[np.generic]) -> NDArray[np.bool_]:
    return np.asarray(masks(target).any(axis=0))


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("form", ["bitfield", "coverage"])
@pytest.mark.parametrize("seed", range(3))
def test_an_elastic_sample_has_its_bones_where_its_truth_is(form: str, seed: int) -> None:
    settings = replace(STILL, elastic=1, elastic_fraction=0.03)
    image, target = sample(settings, form=form, seed=seed)
    still, moved = _anywhere(sample(STILL, form=form)[1]), _anywhere(target)
    # the picture's own edge is 33, half way from 5 to 60; a 4 px gap lies between the rows
    assert dice(image > 32, moved) > 0.98
    assert dice(still, moved) < 0.98


@pytest.mark.parametrize("form", ["bitfield", "coverage"])
@pytest.mark.parametrize("seed", range(5))
def test_pasted_bones_come_from_another_image_with_their_truth(form: str, seed: int) -> None:
    before, kept = sample(STILL, form=form, seed=seed)
    image, target = sample(replace(STILL, copy_paste=1), form=form, seed=seed)
    old, new = masks(kept), masks(target) & ~masks(kept)
    gained = [bones.NAMES[c] for c in np.flatnonzero(new.any(axis=(1, 2)))]
    assert gained == STILL.copy_paste_bones
    assert (masks(target) >= old).all()
    there = new.any(axis=0)
    assert not (there & old.any(axis=0)).any()
    inner = there & (np.abs(image.astype(int) - 120) <= ROUNDED)
    other = there & (np.abs(image.astype(int) - 180) <= ROUNDED)
    # one donor, of 120 or 180; a rim of the bones is mixed with the ground
    assert max(inner.sum(), other.sum()) > 0.7 * there.sum()
    assert (image != before)[~there].mean() < 0.01


def test_overlap_of_pasted_bones_is_that_of_the_donor() -> None:
    _, target = sample(replace(STILL, copy_paste=1))
    drawn, plain = masks(target), masks(sample(STILL)[1])
    triquetrum, pisiform = (drawn & ~plain)[25], (drawn & ~plain)[26]
    assert (triquetrum & pisiform).sum() == (plain[25] & plain[26]).sum() > 0


def test_copy_paste_changes_no_other_draw() -> None:
    both = AugmentSettings(copy_paste=1, elastic=0.5, contrast_fraction=0.2, cutout=0.5)
    for seed in range(4):
        plain, before = sample(replace(both, copy_paste=0), seed=seed)
        pasted, after = sample(both, seed=seed)
        same = ~(masks(after) ^ masks(before)).any(axis=0)
        assert (pasted == plain)[same].mean() > 0.9


def test_the_same_draw_gives_the_same_sample() -> None:
    every = AugmentSettings(copy_paste=1, elastic=1, cutout=1, contrast_fraction=0.2)
    for one, other in zip(sample(every, seed=3), sample(every, seed=3), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(sample(every, seed=3)[0], sample(every, seed=4)[0])


def test_bones_are_pasted_at_the_outputs_size() -> None:
    image, target = sample(replace(STILL, copy_paste=1), scale=2)
    assert image.shape == (SIDE, SIDE) and target.shape == (2 * SIDE, 2 * SIDE)
    assert masks(target)[26].sum() > 1.9 * masks(sample(STILL, scale=2)[1])[26].sum()


def test_a_lone_image_pastes_its_own_bones() -> None:
    settings = TrainSettings(
        model=ModelSettings(name="unet", input_px=SIDE, output_px=SIDE),
        augment=replace(STILL, copy_paste=1),
    )
    _, target, _ = TrainingImages(Shelf(), ["1.png"], settings)[Draw(0, SIDE, (1, 2, 3))]
    assert masks(target)[26].sum() > 1.9 * masks(sample(STILL)[1])[26].sum()


def test_a_bone_that_is_none_is_refused_before_training() -> None:
    settings = TrainSettings(augment=AugmentSettings(copy_paste=0.5, copy_paste_bones=["thumb"]))
    with pytest.raises(BadInput, match="copy_paste_bones has 'thumb', which is no bone"):
        TrainingImages(Shelf(), ["0.png"], settings)
