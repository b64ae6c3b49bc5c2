"""Every change has its picture, and in each the masks lie on the bones."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg import bones
from handseg.dataset import annotations, layout
from handseg.dataset.phantom.writer import write_dataset
from handseg.images import reading
from handseg.images.cache import CachedImage
from handseg.images.sheet import Panel
from handseg.settings import AugmentSettings, PreprocessSettings
from handseg.training.panels import COLUMNS, Panels

SIDE = 128


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> list[CachedImage]:
    """Two hands of one person."""
    root = tmp_path_factory.mktemp("hands") / "data"
    write_dataset(root, people=1, test_people=0, size=256, seed=0)
    found = []
    for record in layout.scan(root):
        path = record.annotation_path or Path()
        polygons = annotations.load(path, height=256, width=256)
        pixels = reading.read_grey(record.image_path)
        found.append(CachedImage(record.name, record.person, "train", pixels, polygons))
    return found


def drawn(
    hands: list[CachedImage],
    settings: AugmentSettings = AugmentSettings(),  # noqa: B008 - frozen
    preprocess: PreprocessSettings = PreprocessSettings(),  # noqa: B008 - frozen
) -> list[Panel]:
    panels = Panels(hands, panel_px=SIDE, seed=0)
    return [*panels.adjusted(preprocess), *panels.augmented(settings, preprocess)]


def test_each_kind_has_a_row(hands: list[CachedImage]) -> None:
    panels = Panels(hands, panel_px=64, seed=0)
    assert len(list(panels.adjusted(PreprocessSettings()))) == COLUMNS
    augmented = list(panels.augmented(AugmentSettings(), PreprocessSettings()))
    assert len(augmented) == 2 * COLUMNS
    assert [panel.title for panel in augmented[COLUMNS:]] == [
        f"all as set, draw {i}" for i in range(1, 9)
    ]


def test_in_every_picture_the_masks_lie_on_the_bones(hands: list[CachedImage]) -> None:
    most = AugmentSettings(copy_paste=1, elastic=1, elastic_fraction=0.03, rotate_degrees=30)
    for panel in drawn(hands, most):
        inside = panel.field != 0
        near = cv2.dilate(inside.astype(np.uint8), np.ones((7, 7)))
        bright, around = panel.image[inside].mean(), panel.image[(near != 0) & ~inside].mean()
        assert bright > 1.25 * around, panel.title
        assert np.bitwise_or.reduce(panel.field, axis=None) == (1 << bones.COUNT) - 1


def test_every_change_can_be_seen(hands: list[CachedImage]) -> None:
    panels = drawn(hands)
    before, adjusted = panels[0].image, panels[7].image
    for place, panel in enumerate(panels[1:16], start=1):
        same = np.array_equal(panel.image, before if place < COLUMNS else adjusted)
        # a grey image is its own luma
        assert same == (panel.title == "saturation 2"), panel.title


def test_settings_give_the_strengths_that_the_titles_state(hands: list[CachedImage]) -> None:
    settings = AugmentSettings(rotate_degrees=30, elastic_fraction=0.02, scale_fraction=0.1)
    found = drawn(hands, settings, PreprocessSettings(gamma=1.5, clahe=3))
    titles = " | ".join(panel.title for panel in found)
    for words in ("rotate 30", "elastic 0.02", "scale 0.1, shift 0.1", "gamma 1.5", "clahe 3"):
        assert words in titles
    # what they leave out
    assert "contrast 2" in titles and "contrast 0.3" in titles


def test_pasted_bones_are_those_of_the_settings(hands: list[CachedImage]) -> None:
    panels = {p.title: p for p in drawn(hands, AugmentSettings(copy_paste_bones=["finger-1"]))}
    gained = panels["copy-paste"].field & ~panels["adjusted as set"].field
    assert np.bitwise_or.reduce(gained, axis=None) == 1
