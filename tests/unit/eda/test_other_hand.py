import numpy as np
import pytest

from handseg import bones
from handseg.eda import arrangement, label_outliers, other_hand
from handseg.masks.polygons import Polygons
from tests.unit.eda.drawn import SPOILED, drawn, measured, with_spoiled
from tests.unit.findings.hands import exchanged

HANDS = [found.bones.centres for found in measured() if found.bones is not None]
USUAL = arrangement.usual(HANDS)
FINGERS, WRIST = other_hand.PAIRS[:8], other_hand.PAIRS[8:]
BRIEF = tuple(pair for pair in other_hand.PAIRS if bones.CLASS_ID["Trapezoid"] not in pair)


def with_labels_of_the_other_hand(pairs: other_hand.Pairs) -> Polygons:
    polygons = drawn(SPOILED)[1]
    for a, b in pairs:
        polygons = exchanged(bones.NAMES[a], bones.NAMES[b], polygons)
    return polygons


@pytest.mark.parametrize("pairs", [other_hand.PAIRS, BRIEF, FINGERS])
def test_exactly_the_pairs_that_were_exchanged_are_found(pairs: other_hand.Pairs) -> None:
    for hand in HANDS:
        spoiled = hand.copy()
        for a, b in pairs:
            spoiled[[a, b]] = hand[[b, a]]
        assert other_hand.find(spoiled, USUAL) == pairs


def test_right_labels_a_few_exchanges_and_a_mirrored_image_are_no_other_hand() -> None:
    for hand in HANDS:
        spoiled = hand.copy()
        for a, b in WRIST:
            spoiled[[a, b]] = hand[[b, a]]
        for one in (hand, np.conj(hand), spoiled):
            assert other_hand.find(one, USUAL) == ()


def test_a_missing_bone_is_left_out() -> None:
    hand = HANDS[0].copy()
    for a, b in BRIEF:
        hand[[a, b]] = HANDS[0][[b, a]]
    hand[bones.CLASS_ID["finger-4"]] = np.nan
    found = other_hand.find(hand, USUAL)
    assert set(found) | {(3, 15)} == set(BRIEF)


def test_the_thumb_which_was_not_touched_is_not_blamed() -> None:
    (only,) = label_outliers.find(with_spoiled(with_labels_of_the_other_hand(BRIEF)))
    assert only.image_name == f"image{SPOILED}.png"
    assert only.reason.startswith("mirrored: labels of the other hand (finger-4 and finger-16,")
    assert set(only.bones) == {bones.NAMES[c] for pair in BRIEF for c in pair}
    assert only.is_label
