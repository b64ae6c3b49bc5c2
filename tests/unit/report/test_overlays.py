from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handseg.images.cache import CachedImage
from handseg.masks import bitfield, rle
from handseg.masks.polygons import Box
from handseg.report import overlays
from handseg.report.overlays import Overlay, Shape, View
from tests.unit.report.toy_hands import draw, hand

SIDE = 256
TRUTH = hand(SIDE)
IMAGE = CachedImage("a.png", "ann", "train", draw(TRUTH, SIDE, 0), TRUTH)
FOUND = bitfield.class_runs(TRUTH, (SIDE, SIDE))


def whole(overlay: Overlay) -> View[Shape]:
    """The view of all of an image that is shown."""
    assert overlay.whole is not None
    return overlay.whole


def test_the_worst_bones_are_named_worst_first_and_the_first_is_enlarged() -> None:
    dice = np.linspace(1, 0.5, 29)
    overlay = overlays.of_image(IMAGE, FOUND, dice)
    assert [shape.name for shape in overlay.worst] == ["Ulna", "Radius", "Pisiform"]
    assert overlay.detail is not None
    assert "Ulna" in [shape.name for shape in overlay.detail.shapes]
    assert "finger-1" not in [shape.name for shape in overlay.detail.shapes]


def test_truth_and_prediction_of_every_bone_lie_over_the_picture() -> None:
    view = whole(overlays.of_image(IMAGE, FOUND, np.ones(29)))
    assert len(view.shapes) == 29
    assert all(shape.truth and shape.predicted for shape in view.shapes)
    assert view.view_box == "-0.5 -0.5 256 256"


def test_without_its_image_the_figures_are_the_same() -> None:
    shown = overlays.of_image(IMAGE, FOUND, np.linspace(0, 1, 29))
    bare = overlays.of_image(IMAGE, FOUND, np.linspace(0, 1, 29), with_image=False)
    assert bare == replace(shown, whole=None, detail=None)


def test_an_image_without_truth_shows_the_prediction_alone() -> None:
    image = CachedImage("t.png", "bob", "test", IMAGE.pixels, {})
    overlay = overlays.of_image(image, FOUND, None)
    assert (overlay.mean, overlay.detail, overlay.worst) == (None, None, ())
    assert not any(shape.truth for shape in whole(overlay).shapes)


def test_bones_that_were_not_found_are_named() -> None:
    overlay = overlays.of_image(IMAGE, [rle.empty(), *FOUND[1:]], np.ones(29))
    assert overlay.missing == ("finger-1",)


def test_an_image_with_neither_truth_nor_prediction_is_its_picture() -> None:
    image = CachedImage("a.png", "ann", "train", IMAGE.pixels, {})
    overlay = overlays.of_image(image, [rle.empty()] * 29, np.ones(29))
    assert (whole(overlay).shapes, overlay.detail, overlay.worst) == ((), None, ())


@given(
    st.tuples(st.integers(8, 90), st.integers(8, 90)),
    st.lists(st.integers(0, 90), min_size=4, max_size=4),
)
def test_the_enlarged_part_is_a_square_inside_the_image(
    shape: tuple[int, int], corners: list[int]
) -> None:
    top, bottom = sorted(min(c, shape[0] - 1) for c in corners[:2])
    left, right = sorted(min(c, shape[1] - 1) for c in corners[2:])
    square = overlays._square(Box(top, left, bottom + 1, right + 1), shape)
    assert square.height == square.width > 0
    assert square.top >= 0 and square.bottom <= shape[0]
    assert square.left >= 0 and square.right <= shape[1]


def test_all_the_pictures_of_a_page_fit_into_it() -> None:
    """A radiograph of noise with predictions of noise: nothing costs more."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (800, 800), dtype=np.uint8)
    spots = np.kron(random.random((80, 80)) < 0.5, np.ones((10, 10), np.uint8))
    masks = [rle.runs_of(spots.astype(np.uint8))] * 29
    image = CachedImage("a.png", "ann", "train", noise, hand(800))
    overlay = overlays.of_image(image, masks, np.linspace(0, 1, 29))
    views = [view for view in (overlay.whole, overlay.detail) if view is not None]
    size = sum(
        len(view.picture.uri) + sum(len(s.predicted) + 2 * len(s.truth) for s in view.shapes)
        for view in views
    )
    assert size < 4e6 / 10  # six such images, three without a second view, and the tables


def test_bones_are_listed_in_the_official_order() -> None:
    shapes = whole(overlays.of_image(IMAGE, FOUND, np.ones(29))).shapes
    assert all(a.class_id < b.class_id for a, b in pairwise(shapes))
