import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg import bones
from handseg.eda import arrangement
from tests.unit.eda.drawn import measured

HANDS = [found.bones.centres for found in measured() if found.bones is not None]
USUAL = arrangement.usual(HANDS)


def test_a_similarity_is_found_again() -> None:
    # z -> 2i z + 3 turns by 90 degrees, doubles and moves.
    points = np.array([0, 1, 1j, 2 + 1j])
    found = arrangement.fit(points, 2j * points + 3, is_mirrored=False)
    assert found.factor == pytest.approx(2j)
    assert found.shift == pytest.approx(3)


def test_a_mirrored_one_is_found_to_be_mirrored() -> None:
    points = np.array([0, 1, 1j, 2 + 1j])
    assert arrangement.fit(np.conj(points) * 1j, points).is_mirrored
    assert not arrangement.fit(points * 1j, points).is_mirrored


def test_one_point_out_of_place_moves_the_others_little() -> None:
    points = np.array([0, 1, 1j, 1 + 1j, 2, 2j, 2 + 1j, 1 + 2j])
    onto = points.copy()
    onto[3] += 5
    found = arrangement.fit(points, onto, is_mirrored=False)
    assert np.abs(found.apply(points) - points).max() < 0.1


def test_left_and_right_hands_of_one_person_are_of_two_sides() -> None:
    sides = [arrangement.is_mirrored(hand, USUAL) for hand in HANDS]
    assert sides[::2] == [not side for side in sides[1::2]]
    assert len(set(sides[::2])) == 1


@given(
    st.integers(0, len(HANDS) - 1),
    st.floats(0.2, 5),
    st.floats(-np.pi, np.pi),
    st.complex_numbers(max_magnitude=1000),
    st.booleans(),
)
def test_residuals_do_not_depend_on_where_a_hand_lies(
    number: int, scale: float, angle: float, shift: complex, mirrored: bool
) -> None:
    hand = HANDS[number]
    moved = scale * np.exp(1j * angle) * (np.conj(hand) if mirrored else hand) + shift
    before, after = (arrangement.residuals(one, USUAL) for one in (hand, moved))
    assert np.allclose(before, after, atol=1e-6)


def test_a_bone_moved_away_is_that_far_from_its_place() -> None:
    hand = HANDS[0].copy()
    laid = arrangement.fit(hand, USUAL.centres)
    ulna = bones.CLASS_ID["Ulna"]
    hand[bones.CLASS_ID["Pisiform"]] = hand[ulna]
    wanted = abs(laid.apply(hand[[ulna]])[0] - USUAL.centres[bones.CLASS_ID["Pisiform"]])
    found = arrangement.residuals(hand, USUAL)
    assert found[bones.CLASS_ID["Pisiform"]] == pytest.approx(wanted, rel=0.2)
    assert int(np.argmax(found)) == bones.CLASS_ID["Pisiform"]


def test_a_missing_bone_is_nan_and_the_others_are_not() -> None:
    hand = HANDS[0].copy()
    hand[5] = np.nan
    found = arrangement.residuals(hand, USUAL)
    assert np.isnan(found[5])
    assert np.isfinite(np.delete(found, 5)).all()
