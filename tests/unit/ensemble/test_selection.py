import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from handseg.ensemble import choice as choices
from handseg.ensemble import selection
from handseg.ensemble.selection import Selection
from handseg.errors import BadInput
from handseg.inference.store import Store
from handseg.settings import EnsembleSettings
from tests.unit.ensemble import made_votes as made

PEOPLE = 6


def choose(
    folder: Path,
    stores: list[Store],
    families: list[str],
    weights: list[float] | None = None,
    settings: EnsembleSettings | None = None,
) -> Selection:
    return selection.choose(
        stores=stores,
        families=families,
        cache=made.cache(folder / "cache", PEOPLE),
        weights=weights,
        settings=settings or EnsembleSettings(),
    )


def kept(found: Selection) -> list[str]:
    return [step.name for step in found.choice.evidence.steps if step.kept]


def test_a_family_that_only_adds_noise_is_left_out(tmp_path: Path) -> None:
    good = made.store(tmp_path, "good", range(PEOPLE), made.noisy(1, 0.2))
    poor = made.store(tmp_path, "poor", range(PEOPLE), made.noisy(2, 1.5))
    found = choose(tmp_path, [good, poor], ["a", "b"], [1, 1])
    weights = {family.name: family.weight for family in found.choice.families}
    assert weights["a"] > 4 * weights["b"]
    # what two families have together stays as it was
    assert sum(weights.values()) == pytest.approx(2)
    assert kept(found)[0] == "family weights"
    told = found.choice.evidence
    assert 0 < told.gain.low < told.gain.mean < told.gain.high
    assert told.gain.mean == pytest.approx(told.chosen - told.given)
    assert told.chosen == pytest.approx(found.nested.mean())


def test_only_the_bone_that_needs_another_threshold_gets_one(tmp_path: Path) -> None:
    stores = [
        made.store(tmp_path, "m0", range(0, 3), made.shy(7), fold=0),
        made.store(tmp_path, "m1", range(3, PEOPLE), made.shy(7), fold=1),
    ]
    found = choose(tmp_path, stores, ["a", "a"])
    assert kept(found) == ["threshold of each bone"]
    assert 0.3 <= found.choice.thresholds[7] <= 0.4
    assert set(found.choice.thresholds[:7] + found.choice.thresholds[8:]) == {0.5}
    # Dice of that bone goes from 0 to 1 for people who had no part: 1/29 in the mean
    assert found.choice.evidence.gain.mean == pytest.approx(1 / 29, rel=1e-3)


def test_stray_spots_are_cleaned_away_where_there_are_any(tmp_path: Path) -> None:
    found = choose(tmp_path, [made.store(tmp_path, "m0", range(PEOPLE), made.stray)], ["a"])
    assert kept(found) == ["largest region only"]
    assert found.choice.largest_component
    assert found.nested.mean() == pytest.approx(1)


def test_what_cannot_be_better_stays_as_it_was(tmp_path: Path) -> None:
    stores = [made.store(tmp_path, name, range(PEOPLE), made.right) for name in ("m0", "m1")]
    given = EnsembleSettings(threshold=0.6)
    found = choose(tmp_path, stores, ["a", "b"], [2, 1], given)
    assert kept(found) == []
    assert found.choice.rule.thresholds == (0.6,) * 29
    assert [family.weight for family in found.choice.families] == [2, 1]
    assert not found.choice.evidence.helps
    assert {step.result for step in found.choice.evidence.steps} == {"as before"}


def test_of_two_seeds_the_one_that_harms_is_left_out(tmp_path: Path) -> None:
    stores = [
        made.store(tmp_path, "good", range(PEOPLE), made.noisy(1, 0.2)),
        made.store(tmp_path, "bad", range(PEOPLE), made.noisy(2, 3.0)),
    ]
    found = choose(tmp_path, stores, ["a", "a"], [1, 1])
    assert {member.name: member.weight for member in found.choice.members} == {"good": 1, "bad": 0}
    assert "members left out" in kept(found)


def test_members_of_other_folds_cannot_be_told_apart_and_it_says_so(tmp_path: Path) -> None:
    stores = [
        made.store(tmp_path, "m0", range(0, 3), made.noisy(1, 0.1), fold=0),
        made.store(tmp_path, "m1", range(3, PEOPLE), made.noisy(2, 3.0), fold=1),
    ]
    found = choose(tmp_path, stores, ["a", "a"], [1, 1])
    assert all(member.weight == 1 for member in found.choice.members)
    told = " ".join(found.choice.evidence.untold)
    assert "Whether to leave m0, m1 out" in told
    assert "no image had more than one voter" in told


def test_nobody_is_scored_by_a_choice_they_had_a_part_in(tmp_path: Path) -> None:
    # Noise alone: what is best on some people is no better on others, though it is on themselves.
    stores = [
        made.store(tmp_path, name, range(PEOPLE), made.noisy(seed, 0.8))
        for seed, name in enumerate("abcd")
    ]
    found = choose(tmp_path, stores, ["a", "b", "c", "d"], [1, 1, 1, 1])
    (first, *_) = found.choice.evidence.steps
    assert abs(first.gain.mean) < 0.003
    assert np.isfinite(found.nested).all()


def test_the_choice_survives_its_file(tmp_path: Path) -> None:
    found = choose(tmp_path, [made.store(tmp_path, "m0", range(PEOPLE), made.stray)], ["a"])
    choices.write(tmp_path / "choice.json", found.choice)
    assert choices.read(tmp_path / "choice.json") == found.choice
    damaged = {**asdict(found.choice), "thresholds": [0.5]}
    (tmp_path / "other.json").write_text(json.dumps(damaged))
    with pytest.raises(BadInput, match="thresholds must be 29"):
        choices.read(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"weight": -1.0}, "weight of m0 is none of 0 or more"),
        ({"weight": float("nan")}, "weight of m0 is none of 0 or more"),
        ({"given": float("inf")}, "weight of m0 is none of 0 or more"),
        ({"weight": 0.0}, "no member has a weight"),
        ({"family": "z"}, "its members are not of its families"),
    ],
)
def test_a_choice_of_weights_that_are_none_is_refused(
    tmp_path: Path, changes: dict[str, object], fault: str
) -> None:
    found = choose(tmp_path, [made.store(tmp_path, "m0", range(PEOPLE), made.right)], ["a"])
    values = asdict(found.choice)
    values["members"][0] |= changes
    with pytest.raises(BadInput, match=f"^choice.json: {fault}; select again"):
        choices.parse(values, where="choice.json")


def test_a_choice_of_a_member_twice_is_refused(tmp_path: Path) -> None:
    found = choose(tmp_path, [made.store(tmp_path, "m0", range(PEOPLE), made.right)], ["a"])
    values = asdict(found.choice)
    values["members"] *= 2
    with pytest.raises(BadInput, match="a member or a family is there twice; select again"):
        choices.parse(values, where="choice.json")


def test_a_choice_is_for_its_own_members(tmp_path: Path) -> None:
    stores = [made.store(tmp_path, name, range(PEOPLE), made.right) for name in ("m0", "m1")]
    choice = choose(tmp_path, stores, ["a", "a"], [3, 1]).choice
    cards = [store.card for store in stores]
    # both of one family, which is as heavy as they are together
    assert choice.shares(cards).of([0, 1]) == [3, 1]
    assert choice.shares(cards).of([1]) == [4]
    with pytest.raises(BadInput, match="member m1 has a weight and no store"):
        choice.shares(cards[:1])
    with pytest.raises(BadInput, match="knows no member m1 of checkpoint else"):
        choice.shares([cards[0], replace(cards[1], checkpoint="else")])


def test_two_people_are_too_few_to_choose_on(tmp_path: Path) -> None:
    stores = [made.store(tmp_path, "m0", range(2), made.right)]
    with pytest.raises(BadInput, match="2 people were held out"):
        choose(tmp_path, stores, ["a"])
