import math

from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from handseg.report import heat

dice = st.floats(0, 1)


def test_099_is_not_coloured_and_05_is_coloured_fully() -> None:
    assert heat.of_dice(0.99) == approx(0, abs=1e-9)
    assert heat.of_dice(0.5) == 1


def test_between_them_the_logarithm_counts() -> None:
    # the distance to 1 is 0.01 * 50 ** (1 / 2) half way from 0.01 to 0.5
    assert heat.of_dice(1 - 0.01 * math.sqrt(50)) == approx(0.5)


def test_no_dice_has_no_colour() -> None:
    assert heat.of_dice(math.nan) == 0


@given(dice, dice)
def test_a_lower_dice_is_never_paler(a: float, b: float) -> None:
    assert 0 <= heat.of_dice(max(a, b)) <= heat.of_dice(min(a, b)) <= 1
