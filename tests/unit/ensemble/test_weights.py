import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.ensemble import weights
from handseg.errors import BadInput
from tests.store_card import CARD

CARDS = [CARD, dataclasses.replace(CARD, member="m1", dice=0.8)]


def test_weights_given_are_taken() -> None:
    assert weights.resolve([2, 0], CARDS) == [2, 0]


def test_without_weights_the_validation_dice_is_taken() -> None:
    assert weights.resolve(None, CARDS) == [0.9, 0.8]


@pytest.mark.parametrize("dice", [None, float("nan"), 0.0, -0.1, 1.5])
def test_a_member_without_usable_dice_needs_a_weight(dice: float | None) -> None:
    card = dataclasses.replace(CARD, member="new", dice=dice)
    with pytest.raises(BadInput, match=r"member new: its validation Dice is .*give --weights"):
        weights.resolve(None, [CARD, card])
    assert weights.resolve([1, 1], [CARD, card]) == [1, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1.0], "1 for 2 stores"),
        ([1.0, 1.0, 1.0], "3 for 2 stores"),
        ([], "0 for 2 stores"),
        ([1.0, -0.5], r"-0\.5 for m1"),
        ([float("nan"), 1.0], "nan for m0"),
        ([1.0, float("inf")], "inf for m1"),
        ([0.0, 0.0], r"all of \[0\.0, 0\.0\] are 0"),
    ],
)
def test_weights_that_mean_nothing_are_refused(given: list[float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        weights.resolve(given, CARDS)


def test_the_published_weights_keep_their_exact_ratios() -> None:
    # 65,520 / 15 = 4,368
    found = weights.in_units([2, 1, 3, 4, 5])
    assert found.tolist() == [2 * 4368, 4368, 3 * 4368, 4 * 4368, 5 * 4368]


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any),
    st.floats(1e-6, 1e6),
)
def test_a_common_factor_changes_no_unit(whole: list[int], factor: float) -> None:
    scaled = weights.in_units([weight * factor for weight in whole])
    assert np.array_equal(scaled, weights.in_units(whole))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=100).filter(lambda w: max(w) > 1e-3))
def test_sums_of_weighted_values_stay_exact_in_float32(given: list[float]) -> None:
    units = weights.in_units(given)
    assert np.array_equal(units, np.rint(units))
    assert units.astype(np.float64).sum() * 255 < 2**24
