import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from handseg.masks import dice, rle

Mask = NDArray[np.bool_]

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=30)
PAIRS = SHAPES.flatmap(
    lambda shape: st.tuples(hnp.arrays(np.bool_, shape), hnp.arrays(np.bool_, shape))
)


def test_dice_of_a_half_overlap() -> None:
    # A = 4 pixels, B = 2 pixels, both of B in A: (2·2 + 1e-4) / (4 + 2 + 1e-4)
    a, b = np.array([[0, 4]]), np.array([[1, 3]])
    assert dice.dice(a, b) == pytest.approx(4.0001 / 6.0001, abs=1e-15)


def test_two_empty_masks_agree() -> None:
    assert dice.dice(rle.empty(), rle.empty()) == 1.0


def test_one_empty_mask_scores_almost_nothing() -> None:
    # (0 + 1e-4) / (100 + 1e-4)
    assert dice.dice(rle.empty(), np.array([[0, 100]])) == pytest.approx(1e-4 / 100.0001)


@given(PAIRS)
def test_intersection_is_that_of_the_masks(pair: tuple[Mask, Mask]) -> None:
    a, b = pair
    shared = dice.intersection(rle.runs_of(a), rle.runs_of(b))
    assert shared == np.count_nonzero(a & b)


@given(PAIRS)
def test_dice_is_symmetric_and_one_for_itself(pair: tuple[Mask, Mask]) -> None:
    a, b = (rle.runs_of(mask) for mask in pair)
    assert dice.dice(a, b) == dice.dice(b, a)
    assert dice.dice(a, a) == 1.0


def test_intersection_is_exact_at_2048() -> None:
    generator = np.random.default_rng(0)
    a, b = generator.random((2, 2048, 2048)) < 0.3
    assert dice.intersection(rle.runs_of(a), rle.runs_of(b)) == np.count_nonzero(a & b)
