from dataclasses import replace
from itertools import pairwise

import pytest

from handseg.commands.plan import Part, steps
from handseg.presets import catalogue
from handseg.storage.location import Location

DATA, RUN = Location("hands"), Location("s3://bucket/runs/a")


def test_a_run_with_a_test_part_takes_every_stage() -> None:
    plan = steps(catalogue.load("smoke"), data=DATA, out=RUN, part="test")
    assert [step.title for step in plan] == [
        "split",
        "eda",
        "preprocess",
        "train fold0",
        "infer fold0",
        "train fold1",
        "infer fold1",
        "ensemble",
        "report",
    ]


def test_without_a_test_part_the_out_of_fold_stores_vote() -> None:
    plan = steps(catalogue.load("smoke"), data=DATA, out=RUN, part="oof")
    assert [step.stage for step in plan] == [
        "split", "eda", "preprocess", "train", "train", "ensemble", "report"
    ]  # fmt: skip
    (ensemble,) = [step for step in plan if step.stage == "ensemble"]
    assert ensemble.arguments["stores"] == [
        Location("s3://bucket/runs/a/stores/fold0/oof"),
        Location("s3://bucket/runs/a/stores/fold1/oof"),
    ]


@pytest.mark.parametrize("part", ["test", "oof"])
def test_every_step_reads_only_what_an_earlier_one_wrote(part: Part) -> None:
    plan = steps(catalogue.load("seed_ensemble"), data=DATA, out=RUN, part=part)
    written = {DATA}
    for step in plan:
        for value in step.arguments.values():
            places = value if isinstance(value, list) else [value]
            read = {place for place in places if isinstance(place, Location)}
            assert read - {step.out, *step.also} <= written
        written |= {step.out, *step.also}


def test_a_run_writes_the_names_users_are_told() -> None:
    plan = steps(catalogue.load("smoke"), data=DATA, out=Location("r"), part="test")
    assert {str(place) for step in plan for place in (step.out, *step.also)} == {
        "r/folds.csv",
        "r/eda",
        "r/cache",
        "r/members/fold0",
        "r/members/fold1",
        "r/stores/fold0/oof",
        "r/stores/fold0/test",
        "r/stores/fold1/oof",
        "r/stores/fold1/test",
        "r/submission.csv",
        "r/report.html",
    }


def test_weights_follow_the_order_of_their_stores() -> None:
    plan = steps(catalogue.load("seed_ensemble"), data=DATA, out=RUN, part="test")
    (ensemble,) = [step for step in plan if step.stage == "ensemble"]
    names = [store.uri.split("/")[-2] for store in ensemble.arguments["stores"]]
    assert dict(zip(names, ensemble.arguments["weights"], strict=True)) == {
        "ds2048-fold0": 2,
        "ds2048-fold1": 1,
        "ds2048-fold2": 3,
        "ds2048-fold3": 4,
        "eff-fold0": 5,
    }


def test_only_a_length_in_minutes_says_how_long_training_takes() -> None:
    minutes = catalogue.load("smoke", {"train": {"unit": "minutes", "length": 3}})
    plans = [steps(preset, data=DATA, out=RUN, part="oof") for preset in (
        minutes, catalogue.load("smoke"))]  # fmt: skip
    assert [[step.minutes for step in plan if step.stage == "train"] for plan in plans] == [
        [3, 3],
        [None, None],
    ]


def test_a_member_is_trained_before_the_next_begins() -> None:
    plan = steps(catalogue.load("demo"), data=DATA, out=RUN, part="test")
    middle = [step.title for step in plan if step.stage in ("train", "infer")]
    for train, infer in list(pairwise(middle))[::2]:
        assert train.removeprefix("train ") == infer.removeprefix("infer ")


def test_a_preset_with_one_member_is_a_run_too() -> None:
    preset = catalogue.load("smoke")
    plan = steps(replace(preset, members=preset.members[:1]), data=DATA, out=RUN, part="test")
    assert len(plan) == 7


def test_a_choice_is_made_of_the_out_of_fold_stores_and_then_voted_by() -> None:
    preset = catalogue.load("seed_ensemble", {"ensemble": {"select": True}})
    plan = {step.stage: step for step in steps(preset, data=DATA, out=RUN, part="test")}
    select, ensemble = plan["select"].arguments, plan["ensemble"].arguments
    assert select["out"] == ensemble["choice"] == RUN.child("choice.json")
    assert [store.uri.split("/")[-1] for store in select["stores"]] == ["oof"] * 5
    assert (select["weights"], select["settings"]) == (ensemble["weights"], ensemble["settings"])


def test_nothing_is_chosen_unless_asked_for() -> None:
    plan = steps(catalogue.load("smoke"), data=DATA, out=RUN, part="test")
    assert "select" not in [step.stage for step in plan]
    (ensemble,) = [step for step in plan if step.stage == "ensemble"]
    assert ensemble.arguments["choice"] is None
