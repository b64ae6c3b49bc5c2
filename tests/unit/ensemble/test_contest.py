from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handseg.ensemble import voting
from handseg.ensemble.contest import Contest
from handseg.ensemble.rule import Rule, Voting
from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.masks import dice, rle

SHAPE = (70, 140)
GRID = [0.3, 0.4, 0.5, 0.7]


def member(seed: int) -> ImageTiles:
    """Values of every kind, in a place of its own for each member."""
    generator = np.random.default_rng(seed)
    builder = TileBuilder("a.png", "ID1", height=SHAPE[0], width=SHAPE[1])
    for class_id in (0, 3, 28):
        values = generator.integers(0, 256, (30, 60), np.uint8)
        builder.add(class_id, values, top=seed * 5, left=seed * 20)
    return builder.build()


def truth() -> list[rle.Runs]:
    mask = np.zeros(SHAPE, np.bool_)
    mask[10:50, 20:100] = True
    return [rle.runs_of(mask) if class_id % 3 == 0 else rle.empty() for class_id in range(29)]


def dice_of_masks(
    members: Sequence[ImageTiles], weights: Sequence[float], how: Voting, threshold: float
) -> list[float]:
    rule = Rule(thresholds=(threshold,) * 29, voting=how)
    masks = voting.by_rule(members, weights, rule)
    return [dice.dice(mask, true) for mask, true in zip(masks, truth(), strict=True)]


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from([0.0, 0.1, 1.0, 2.0, 0.9]), min_size=1, max_size=3).filter(any),
    st.sampled_from(["soft", "hard"]),
)
def test_dice_is_that_of_the_voted_masks(weights: list[float], how: Voting) -> None:
    members = [member(seed) for seed in range(len(weights))]
    contest = Contest(members, truth(), thresholds=(0.3, 0.7))
    found = contest.dice(weights, how, GRID)
    wanted = [dice_of_masks(members, weights, how, threshold) for threshold in GRID]
    assert np.array_equal(found, np.array(wanted))


@pytest.mark.parametrize("how", ["soft", "hard"])
def test_nobody_finding_anything_scores_as_empty_masks_do(how: Voting) -> None:
    nothing = TileBuilder("a.png", "ID1", height=SHAPE[0], width=SHAPE[1]).build()
    found = Contest([nothing, nothing], truth(), thresholds=(0.5, 0.5)).dice([1, 1], how, [0.5])
    # two empty masks agree; 3200 px of truth against none: 1e-4 / 3200.0001
    assert found[0, 1] == 1
    assert found[0, 0] == pytest.approx(1e-4 / 3200)
