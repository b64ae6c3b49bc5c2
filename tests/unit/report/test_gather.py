from dataclasses import replace

import numpy as np
import pytest
from pytest import approx

from handseg.errors import BadInput
from handseg.report.facts import Facts
from handseg.report.gather import Inputs, gather
from handseg.report.scores import Scored
from tests.unit.report.made_run import MadeRun


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
