import numpy as np
import pytest

from handseg.experiments import compare
from tests.unit.experiments.scored import scored

BASE = {"p1a": 0.5, "p1b": 0.6, "p2a": 0.7, "p2b": 0.8}
BETTER = {"p1a": 0.6, "p1b": 0.7, "p2a": 0.7, "p2b": 0.8}


def test_dice_is_the_mean_over_images() -> None:
    found = compare.mean_dice([scored("base", BASE)])
    assert found.mean == pytest.approx(0.65)  # (.5 + .6 + .7 + .8) / 4
    assert found.low == pytest.approx(0.55) and found.high == pytest.approx(0.75)  # one person


def test_seeds_are_averaged_before_images() -> None:
    runs = [scored("a", {"p1a": 0.2, "p2a": 0.6}), scored("a", {"p1a": 0.4, "p2a": 0.6}, seed=1)]
    assert compare.mean_dice(runs).mean == pytest.approx(0.45)  # (.3 + .6) / 2
    assert compare.per_bone(runs) == pytest.approx(np.full(29, 0.45))


def test_a_difference_is_taken_image_by_image() -> None:
    found = compare.difference([scored("a", BETTER)], [scored("base", BASE)])
    assert found is not None
    assert found.dice.mean == pytest.approx(0.05)  # (.1 + .1 + 0 + 0) / 4
    # Of two people one gained .1 and one nothing: drawn anew, both may be the same one.
    assert [found.dice.low, found.dice.high] == pytest.approx([0.0, 0.1])
    assert not found.dice.is_certain
    assert (found.images, found.people) == (4, 2)


def test_a_gain_of_everyone_is_certain() -> None:
    lifted = {name: value + 0.1 for name, value in BASE.items()}
    found = compare.difference([scored("a", lifted)], [scored("base", BASE)])
    assert found is not None and found.dice.is_certain
    assert found.per_bone == pytest.approx(np.full(29, 0.1))


def test_an_arm_equal_to_another_differs_by_nothing() -> None:
    found = compare.difference([scored("a", BASE)], [scored("base", BASE)])
    assert found is not None
    assert (found.dice.mean, found.dice.low, found.dice.high) == (0, 0, 0)
    assert not found.dice.is_certain


def test_only_images_that_both_have_are_compared() -> None:
    found = compare.difference([scored("a", {"p1a": 0.9, "p3a": 0.1})], [scored("base", BASE)])
    assert found is not None
    assert found.images == 1
    assert found.dice.mean == pytest.approx(0.4)
    assert np.isnan(found.dice.low) and not found.dice.is_certain
    assert compare.difference([scored("a", {"p3a": 0.1})], [scored("base", BASE)]) is None


def test_each_seed_is_compared_with_itself() -> None:
    mine = [scored("a", {"p1a": 0.6}), scored("a", {"p1a": 0.9}, seed=1)]
    base = [scored("base", {"p1a": 0.5}), scored("base", {"p1a": 0.6}, seed=1)]
    found = compare.difference(mine, base)
    assert found is not None
    assert found.by_seed == {0: pytest.approx(0.1), 1: pytest.approx(0.3)}
