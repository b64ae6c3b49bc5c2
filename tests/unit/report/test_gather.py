from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytest import approx

from handseg.ensemble import interval
from handseg.errors import BadInput
from handseg.report.facts import Facts
from handseg.report.gather import gather
from handseg.report.inputs import Inputs
from handseg.report.scores import Scored
from tests.unit.report.made_run import MadeRun, make_run


def rejected(inputs: Inputs) -> str:
    with pytest.raises(BadInput) as error:
        gather(inputs, lambda scores, total: scores)
    return str(error.value)


def test_every_held_out_image_is_scored_once_and_the_worst_come_first(facts: Facts) -> None:
    assert len({score.name for score in facts.scores}) == len(facts.scores) == 8
    means = [score.mean for score in facts.scores]
    assert means == sorted(means)
    assert facts.dice == approx(np.mean(means))


def test_worst_and_best_images_are_never_the_same(facts: Facts) -> None:
    shown = [overlay.name for overlay in (*facts.worst, *facts.best)]
    assert len(set(shown)) == len(shown) == 6
    assert facts.best[0].name == facts.scores[-1].name


def test_the_predictions_shown_are_those_scored(facts: Facts) -> None:
    # each image is held out by one member, whose error grows from image to image
    assert facts.worst[0].mean == facts.scores[0].mean
    assert facts.best[0].mean == facts.scores[-1].mean < 1


def test_test_images_are_shown_without_truth(facts: Facts) -> None:
    assert facts.test is not None
    assert (facts.test.images, facts.test.missing) == (2, {})
    assert [overlay.mean for overlay in facts.test.overlays] == [None, None]


def test_people_images_and_time_are_counted(facts: Facts) -> None:
    assert (facts.people, facts.train_images, len(facts.balance)) == (4, 8, 2)
    # five artifacts of 75 s that are no member's, and two members
    assert facts.seconds == 5 * 75 + 2 * 1201.5


def test_progress_is_told_how_many_images_there_are(made_run: MadeRun) -> None:
    totals = []

    def track(scores: object, total: int) -> list[Scored]:
        totals.append(total)
        return list(scores)  # type: ignore[call-overload, no-any-return]

    gather(made_run.inputs(), track)
    assert totals == [8]


def test_a_submission_without_test_images_leaves_them_out(made_run: MadeRun) -> None:
    inputs = replace(made_run.inputs(), submission={})
    assert gather(inputs, lambda scores, total: scores).test is None


def test_bones_that_were_never_found_are_counted(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    empty = {name: ["", *texts[1:]] for name, texts in inputs.submission.items()}
    found = gather(replace(inputs, submission=empty), lambda scores, total: scores)
    assert found.test is not None and found.test.missing == {"finger-1": 2}


def test_an_rle_beyond_the_image_is_named(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    wrong = {name: ["1 999999"] * 29 for name in inputs.submission}
    assert "submission.csv: imagee00.png: RLE" in rejected(replace(inputs, submission=wrong))


def test_stores_in_another_order_than_members_are_refused(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    first, second = inputs.members
    mixed = [replace(first, store=second.store), replace(second, store=first.store)]
    assert "given for first, it is of member second" in rejected(replace(inputs, members=mixed))


def test_a_store_of_another_cache_or_fold_table_is_refused(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    other = replace(inputs, preprocessed=replace(inputs.preprocessed, content="0"))
    assert "it is of image cache" in rejected(other)
    other = replace(inputs, split=replace(inputs.split, content="0"))
    assert "it is of fold table" in rejected(other)


def test_a_store_with_images_its_member_was_trained_on_is_refused(made_run: MadeRun) -> None:
    inputs = made_run.inputs()
    swapped = replace(
        inputs.table, rows=tuple(replace(row, fold=1 - row.fold) for row in inputs.table.rows)
    )
    assert "so the member was trained on it" in rejected(replace(inputs, table=swapped))


def test_of_too_few_people_there_is_no_interval(facts: Facts) -> None:
    assert facts.scored_people == 4
    assert facts.intervals == ()


def test_intervals_are_of_the_mean_and_of_each_bone_over_people(tmp_path: Path) -> None:
    people = [f"ID{number:03}" for number in range(6)]
    made = make_run(tmp_path / "six", members={"a": 0, "b": 1}, people=people, side=64)
    found = gather(made.inputs(), lambda scores, total: scores)
    assert len(found.intervals) == 1 + 29
    owners = [score.person for score in found.scores]
    ulna = np.array([score.overall[28] for score in found.scores])
    wanted = interval.over_people(ulna, owners)
    assert (found.intervals[29].low, found.intervals[29].high) == approx((wanted.low, wanted.high))
    first = found.intervals[0]
    assert first.mean == approx(found.dice)
    assert first.low < first.mean < first.high


def test_every_pixel_of_a_certain_member_lies_in_the_last_bin(facts: Facts) -> None:
    # toy members say 255 or nothing, and are right but for a shift
    counted = np.sum(list(facts.calibration.values()), axis=0)
    assert set(facts.calibration) == {"first", "second"}
    pixels, right, levels = counted[:, 9].sum(axis=0).tolist()
    assert counted[:, :9].sum() == 0 and levels == 255 * pixels
    assert 0.5 < right / pixels < 1


def test_members_of_different_folds_have_only_test_images_to_disagree_on(
    made_run: MadeRun, facts: Facts
) -> None:
    assert facts.disagreement is None
    found = gather(made_run.inputs(voters=True), lambda scores, total: scores).disagreement
    assert found is not None
    assert (found.part, found.images) == ("test", 2)
    # first is off by 1 and 2 px on the two images, second by 2 and 3: both times by one apart
    assert [one.pair for one in found.worst] == [("first", "second")] * 2
    assert 0 < found.mean < 0.2
    assert [overlay.name for overlay in found.overlays] == [one.name for one in found.worst]
    assert found.worst[0].mean >= found.worst[1].mean


def test_members_of_one_fold_are_compared_on_what_they_held_out(tmp_path: Path) -> None:
    made = make_run(
        tmp_path / "alike", members={"a": 0, "b": 1, "c": 0}, side=64, errors_px=(1, 2, 3)
    )
    found = gather(made.inputs(), lambda scores, total: scores)
    assert found.disagreement is not None
    assert (found.disagreement.part, found.disagreement.images) == ("oof", 4)
    assert [one.pair for one in found.disagreement.pairs] == [("a", "c")]
    held = {score.name for score in found.scores if len(score.members) == 2}
    assert {one.name for one in found.disagreement.worst} == held


def test_stores_that_did_not_vote_or_are_of_another_member_are_refused(made_run: MadeRun) -> None:
    inputs = made_run.inputs(voters=True)
    other = replace(inputs, voted=replace(inputs.voted, parents={}))
    assert "it is of another vote than the submission's" in rejected(other)
    first, second = inputs.members
    mixed = [
        replace(first, test_store=second.test_store),
        replace(second, test_store=first.test_store),
    ]
    assert "give test stores and members in one order" in rejected(replace(inputs, members=mixed))
    wrong = [replace(first, test_store=first.store), second]
    assert "it is of part oof; give test stores" in rejected(replace(inputs, members=wrong))


def test_the_time_of_the_stores_that_voted_counts(made_run: MadeRun) -> None:
    found = gather(made_run.inputs(voters=True), lambda scores, total: scores)
    assert found.seconds == 7 * 75 + 2 * 1201.5
    assert [run.member for run in found.runs if run.stage == "infer"] == [
        *("first", "first", "second", "second"),
    ]
