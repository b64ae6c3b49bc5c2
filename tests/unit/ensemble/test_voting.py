import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from handseg.ensemble import voting
from handseg.ensemble.rule import Rule
from handseg.errors import BadInput
from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.masks import rle

QUICK = settings(max_examples=40)
Plane = NDArray[np.uint8]
SHAPE = (66, 70)
PLANES = hnp.arrays(np.uint8, SHAPE, elements=st.integers(0, 255), fill=st.integers(0, 255))
MEMBERS = st.lists(PLANES, min_size=1, max_size=3)


def member(plane: Plane, class_id: int = 3, name: str = "a.png") -> ImageTiles:
    height, width = plane.shape
    builder = TileBuilder(name, "ID1", height=height, width=width)
    builder.add(class_id, plane, top=0, left=0)
    return builder.build()


def texts(members: Sequence[ImageTiles], weights: Sequence[float], threshold: float) -> list[str]:
    return [rle.to_text(runs) for runs in voting.vote(members, weights, threshold)]


def dense(planes: Sequence[Plane], weights: Sequence[int], threshold: float) -> str:
    """The definition on whole planes, in whole numbers (weights whose units are exact)."""
    total = sum(p.astype(np.int64) * w for p, w in zip(planes, weights, strict=True))
    level = math.ceil(round(threshold * 255 * sum(weights), 6))
    return rle.encode(np.asarray(total >= level))


def test_the_weighted_mean_meets_the_threshold() -> None:
    # weights 2 and 1: (2 · 200 + 1 · 0) / 3 = 133.3 is above 127.5; (2 · 0 + 1 · 255) / 3 is not
    a, b = np.zeros((1, 4), np.uint8), np.zeros((1, 4), np.uint8)
    a[0] = [200, 0, 127, 128]
    b[0] = [0, 255, 128, 127]
    # (2 · 127 + 128) / 3 = 127.33 is below, (2 · 128 + 127) / 3 = 127.67 above
    assert texts([member(a), member(b)], [2, 1], 0.5)[3] == "1 1 4 1"


def test_a_pixel_exactly_at_the_threshold_is_foreground() -> None:
    # (127 + 128) / 2 = 127.5 = 0.5 · 255, with six members as with two
    low, high = np.full((1, 1), 127, np.uint8), np.full((1, 1), 128, np.uint8)
    pair = [member(low), member(high)]
    for count in (1, 3, 7):
        assert texts(pair * count, [0.1] * 2 * count, 0.5)[3] == "1 1"
    # 0.3 · 255 = 76.5, and 0.6 · 255 = 153 exactly
    level = np.full((1, 1), 153, np.uint8)
    assert texts([member(level)], [1], 0.6)[3] == "1 1"
    assert texts([member(level - 1)], [1], 0.6)[3] == ""


def test_classes_are_voted_on_apart() -> None:
    plane = np.full((2, 2), 255, np.uint8)
    found = texts([member(plane, 0), member(plane, 28)], [2, 1], 0.5)
    assert found == ["1 4"] + [""] * 28
    assert texts([member(plane, 0), member(plane, 28)], [1, 1], 0.5)[28] == "1 4"


def test_nobody_finding_anything_gives_29_empty_masks() -> None:
    nothing = TileBuilder("a.png", "ID1", height=9, width=9).build()
    assert texts([nothing, nothing], [1, 1], 0.5) == [""] * 29


def test_tiles_that_only_some_members_have_count_as_zero_for_the_others() -> None:
    a, b = np.zeros((64, 300), np.uint8), np.zeros((64, 300), np.uint8)
    a[5, 10], a[5, 250], b[5, 250], b[6, 130] = 200, 200, 200, 255
    # alone 200 / 2 = 100 and 255 / 2 = 127.5; together 200; row 5, column 250 is pixel 1751
    assert texts([member(a), member(b)], [1, 1], 0.5)[3] == f"1751 1 {6 * 300 + 131} 1"


@QUICK
@given(MEMBERS, st.sampled_from([0.1, 0.3, 0.5, 0.7]), st.data())
def test_the_vote_is_that_of_the_whole_planes(
    planes: list[Plane], threshold: float, data: st.DataObject
) -> None:
    weights = data.draw(
        st.lists(st.integers(0, 3), min_size=len(planes), max_size=len(planes)).filter(
            # these sums divide the units, so ratios are exact
            lambda w: sum(w) in {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12}
        )
    )
    found = texts([member(plane) for plane in planes], weights, threshold)
    assert found[3] == dense(planes, weights, threshold)


@QUICK
@given(MEMBERS, st.data())
def test_members_may_be_shuffled_and_weights_scaled(
    planes: list[Plane], data: st.DataObject
) -> None:
    count = len(planes)
    weights = data.draw(st.lists(st.floats(0.01, 10), min_size=count, max_size=count))
    order = data.draw(st.permutations(range(count)))
    factor = data.draw(st.sampled_from([1e-3, 0.1, 1 / 3, 7.0, 1e6]))
    members = [member(plane) for plane in planes]
    shuffled = texts(
        [members[i] for i in order], [weights[i] * factor for i in order], threshold=0.5
    )
    assert shuffled == texts(members, weights, 0.5)


@QUICK
@given(PLANES, st.floats(0.01, 1e3), st.sampled_from([0.1, 0.3, 0.5, 0.6]))
def test_one_member_equals_that_member(plane: Plane, weight: float, threshold: float) -> None:
    alone = texts([member(plane)], [weight], threshold)
    assert alone[3] == dense([plane], [1], threshold)
    assert texts([member(plane)] * 3, [weight] * 3, threshold) == alone


def test_a_member_of_weight_zero_has_no_say() -> None:
    full, none = np.full((9, 9), 255, np.uint8), np.zeros((9, 9), np.uint8)
    assert texts([member(none), member(full)], [1, 0], 0.1)[3] == ""


@pytest.mark.parametrize(
    "other",
    [member(np.ones((9, 8), np.uint8)), member(np.ones((9, 9), np.uint8), name="b.png")],
)
def test_another_image_or_shape_is_refused(other: ImageTiles) -> None:
    with pytest.raises(BadInput, match="infer with every member from the same image cache"):
        voting.vote([member(np.ones((9, 9), np.uint8)), other], [1, 1], 0.5)


def by_rule(members: Sequence[ImageTiles], weights: Sequence[float], **rule: Any) -> list[str]:
    given = Rule(**{"thresholds": (0.5,) * 29, **rule})
    return [rle.to_text(runs) for runs in voting.by_rule(members, weights, given)]


def test_hard_voting_counts_members_and_not_how_sure_they_are() -> None:
    # two of three are barely in favour: (130 + 130 + 0) / 3 = 86.7 loses softly, 2 of 3 win hard
    barely, none = np.full((1, 1), 130, np.uint8), np.zeros((1, 1), np.uint8)
    three = [member(barely), member(barely), member(none)]
    assert by_rule(three, [1, 1, 1])[3] == ""
    assert by_rule(three, [1, 1, 1], voting="hard")[3] == "1 1"
    # with weight 3 against 2 the third has the majority; with 2 against 2, half is enough
    assert by_rule(three, [1, 1, 3], voting="hard")[3] == ""
    assert by_rule(three, [1, 1, 2], voting="hard")[3] == "1 1"


def test_in_hard_voting_the_threshold_is_each_members_own() -> None:
    pair = [member(np.full((1, 1), 102, np.uint8)), member(np.full((1, 1), 101, np.uint8))]
    # 0.4 · 255 = 102
    assert by_rule(pair, [1, 1], voting="hard", thresholds=(0.4,) * 29)[3] == "1 1"
    assert by_rule(pair, [1, 2], voting="hard", thresholds=(0.4,) * 29)[3] == ""


def test_every_bone_has_its_own_threshold() -> None:
    plane = np.full((1, 1), 102, np.uint8)
    thresholds = tuple(0.4 if class_id == 3 else 0.5 for class_id in range(29))
    assert by_rule([member(plane)], [1], thresholds=thresholds)[3] == "1 1"
    assert by_rule([member(plane, 4)], [1], thresholds=thresholds)[4] == ""


@pytest.mark.parametrize("how", ["soft", "hard"])
def test_of_regions_far_apart_the_largest_is_kept(how: str) -> None:
    plane = np.zeros((10, 200), np.uint8)
    plane[0, 0:3] = plane[5, 190:192] = 255
    assert by_rule([member(plane)], [1], voting=how)[3] == "1 3 1191 2"
    assert by_rule([member(plane)], [1], voting=how, largest_component=True)[3] == "1 3"


def test_some_classes_alone_are_voted_on_as_with_the_others() -> None:
    pair = [member(np.full((2, 2), 255, np.uint8), class_id) for class_id in (0, 28)]
    rule = Rule(thresholds=(0.5,) * 29)
    (found,) = voting.by_rule(pair, [1, 1], rule, classes=[28])
    assert np.array_equal(found, voting.by_rule(pair, [1, 1], rule)[28])
