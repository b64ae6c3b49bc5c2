import numpy as np

from handseg.images.cache import CachedImage
from handseg.masks import bitfield, rle
from handseg.report import pair_overlays
from tests.unit.report.toy_hands import draw, hand

SIDE = 256
FIRST, SECOND = hand(SIDE), hand(SIDE, shift=0.5)
IMAGE = CachedImage("e.png", "eve", "test", draw(FIRST, SIDE, 0), {})
MASKS = (
    bitfield.class_runs(FIRST, (SIDE, SIDE)),
    bitfield.class_runs(SECOND, (SIDE, SIDE)),
)


def test_both_members_outlines_lie_over_the_picture_and_the_worst_bone_is_enlarged() -> None:
    apart = np.linspace(0, 0.5, 29)
    found = pair_overlays.of_pair(IMAGE, ("a", "b"), MASKS, apart)
    assert found.whole is not None and found.detail is not None
    assert len(found.whole.shapes) == 29
    assert all(s.first and s.second and s.first != s.second for s in found.whole.shapes)
    assert [shape.name for shape in found.worst] == ["Ulna", "Radius", "Pisiform"]
    near = [shape.name for shape in found.detail.shapes]
    assert "Ulna" in near and "finger-1" not in near
    assert found.mean == np.mean(apart)


def test_a_bone_that_one_of_them_did_not_find_has_one_outline() -> None:
    second = [rle.empty() if c == 28 else runs for c, runs in enumerate(MASKS[1])]
    apart = np.where(np.arange(29) == 28, 1.0, 0.0)
    found = pair_overlays.of_pair(IMAGE, ("a", "b"), (MASKS[0], second), apart)
    assert found.worst[0].first and found.worst[0].second == ""
    assert found.detail is not None


def test_where_neither_found_anything_nothing_is_enlarged() -> None:
    nothing = [rle.empty()] * 29
    found = pair_overlays.of_pair(IMAGE, ("a", "b"), (nothing, nothing), np.zeros(29))
    assert found.whole is not None and found.detail is None and found.worst == ()


def test_without_images_the_figures_are_all_there_is() -> None:
    found = pair_overlays.of_pair(
        IMAGE, ("a", "b"), MASKS, np.linspace(0, 0.5, 29), with_image=False
    )
    assert found.whole is None and found.detail is None
    assert [shape.name for shape in found.worst] == ["Ulna", "Radius", "Pisiform"]
