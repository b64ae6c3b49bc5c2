import numpy as np
from pytest import approx

from handseg.report import tables
from handseg.report.facts import Facts


def test_bones_stand_in_the_official_order_with_their_part_of_the_hand(facts: Facts) -> None:
    rows = tables.bone_rows(facts)
    assert [(rows[i].name, rows[i].group) for i in (0, 3, 19, 28)] == [
        ("finger-1", "thumb"),
        ("finger-4", "index"),
        ("Trapezium", "carpals"),
        ("Ulna", "forearm"),
    ]


def test_the_spread_runs_from_the_worst_to_the_best_image(facts: Facts) -> None:
    ulna = tables.bone_rows(facts)[28]
    dice = [score.overall[28] for score in facts.scores]
    assert (ulna.spread[0], ulna.spread[4]) == (min(dice), max(dice))
    assert ulna.spread[2] == approx(np.median(dice))


def test_settings_in_which_members_differ_are_marked(facts: Facts) -> None:
    rows = {row.name: row for row in tables.setting_rows(facts.members)}
    assert rows["seed"].differs and rows["seed"].values == ("0", "1")
    assert not rows["model.name"].differs
    assert rows["model.filters"].values == ("(none)", "(none)")
    assert rows["prior_bias"].values == ("yes", "yes")


def test_stages_other_than_training_show_their_settings(facts: Facts) -> None:
    rows = tables.stage_rows(facts.runs)
    assert ("cache", "sharpness", "2") in rows
    assert ("submission.csv", "threshold", "0.5") in rows


def test_images_are_listed_with_their_worst_bone(facts: Facts) -> None:
    row = tables.image_rows(facts.scores)[0]
    assert row.worst_dice == facts.scores[0].overall.min()
    assert row.members in ("first", "second")
