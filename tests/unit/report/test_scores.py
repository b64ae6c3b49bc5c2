from dataclasses import replace

import numpy as np
import pytest
from pytest import approx

from handseg.ensemble.rule import Rule
from handseg.images.cache import CachedImage
from handseg.masks import rle
from handseg.report import scores
from handseg.report.scores import Voters
from tests.unit.report.toy_hands import hand, predict

SIDE = 128
TRUTH = hand(SIDE)
IMAGE = CachedImage("a.png", "ann", "train", np.zeros((SIDE, SIDE), np.uint8), TRUTH)
EQUAL = Voters.plain({"a": 1.0, "b": 1.0}, Rule.at(0.5))


def test_the_truth_itself_scores_1() -> None:
    score = scores.score(IMAGE, {"a": predict(IMAGE, TRUTH, error_px=0)}, EQUAL).score
    assert score.overall == approx(np.ones(29))
    assert score.mean == approx(1)
    assert score.areas.min() > 10


def test_a_square_shifted_by_half_its_side_scores_one_half() -> None:
    square = [
        np.array([[20, 20], [29, 20], [29, 29], [20, 29]], np.int32)
    ]  # 10 x 10, edge included
    image = CachedImage("a.png", "ann", "train", np.zeros((SIDE, SIDE), np.uint8), {0: square})
    score = scores.score(image, {"a": predict(image, {0: square}, error_px=5)}, EQUAL).score
    assert score.areas[0] == 100
    assert score.overall[0] == approx(0.5, abs=1e-4)  # 2 * 50 / (100 + 100)
    assert score.overall[1] == 1  # neither truth nor prediction


def test_the_vote_is_scored_beside_each_member() -> None:
    tiles = {
        "a": predict(IMAGE, TRUTH, error_px=0),
        "b": predict(IMAGE, TRUTH, error_px=3),
    }
    voters = Voters.plain({"a": 3.0, "b": 1.0}, Rule.at(0.5))
    score = scores.score(IMAGE, tiles, voters).score
    assert score.overall == approx(score.members["a"])
    assert score.members["b"].mean() < 0.95


def test_members_without_weight_vote_alike_where_no_other_held_the_image_out() -> None:
    voters = Voters.plain({"a": 0.0, "b": 1.0}, Rule.at(0.5))
    tiles = {"a": predict(IMAGE, TRUTH, error_px=0)}
    assert sum(map(rle.area, scores.predict(tiles, voters))) > 0


def test_means_are_over_the_images_a_member_held_out() -> None:
    exact = scores.score(IMAGE, {"a": predict(IMAGE, TRUTH, error_px=0)}, EQUAL).score
    off = scores.score(IMAGE, {"b": predict(IMAGE, TRUTH, error_px=2)}, EQUAL).score
    assert scores.per_bone([exact, off], "a") == approx(exact.overall)
    assert scores.per_bone([exact, off]) == approx((exact.overall + off.overall) / 2)
    assert np.isnan(scores.per_bone([exact, off], "c")).all()


@pytest.mark.parametrize("threshold", [0.2, 0.7])
def test_another_threshold_changes_the_vote_and_not_the_members(threshold: float) -> None:
    tiles = {"a": predict(IMAGE, TRUTH, error_px=0), "b": predict(IMAGE, TRUTH, error_px=3)}
    at_half = scores.score(IMAGE, tiles, EQUAL).score
    other = scores.score(IMAGE, tiles, replace(EQUAL, rule=Rule.at(threshold))).score
    assert other.members["b"] == approx(at_half.members["b"])
    # at 0.2 and 0.5 one vote of two is enough, at 0.7 both are needed
    assert (other.overall == approx(at_half.overall)) is (threshold < 0.5)
