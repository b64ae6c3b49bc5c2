import re
from dataclasses import replace
from html import unescape

import pytest

from handseg.errors import BadInput
from handseg.findings.finding import MEANING, REMEDY, Finding
from handseg.masks import rle
from handseg.report import page, summary, warnings
from handseg.report.card import Line
from handseg.report.facts import Facts
from handseg.report.records import StageRun
from tests.unit.findings import hands

HOSTILE = "<img src=x onerror=alert(1)>"
LEAK = Finding(name="leaking folds", about="person ID7", detail="is held out, and so on")
CONFUSED = Finding(name="finger confusion", about="a.png", detail="finger-4 and finger-12")


@pytest.fixture(scope="module")
def quiet(facts: Facts) -> Facts:
    """A run in which nothing was found."""
    assert facts.test is not None
    return replace(
        facts,
        scores=tuple(replace(score, findings=()) for score in facts.scores),
        test=replace(facts.test, findings=()),
    )


def warned(facts: Facts, *, in_cards: int = 0, in_scores: tuple[Finding, ...] = ()) -> Facts:
    """With a leak in the first cards, and findings about the first image's prediction."""
    members = tuple(
        replace(m, card=replace(m.card, findings=[LEAK] if i < in_cards else []))
        for i, m in enumerate(facts.members)
    )
    first, *others = facts.scores
    return replace(facts, members=members, scores=(replace(first, findings=in_scores), *others))


def test_a_name_has_a_meaning_and_a_remedy() -> None:
    assert MEANING.keys() == REMEDY.keys()


def test_where_nothing_was_found_the_page_says_what_was_looked_for(quiet: Facts) -> None:
    html = unescape(page.render(quiet))
    assert warnings.groups(quiet) == []
    assert 'id="warnings"' in html and all(meaning in html for meaning in MEANING.values())
    assert "Warnings: none." in summary.text(quiet)


def test_each_name_has_a_table_and_what_to_do(quiet: Facts) -> None:
    facts = warned(quiet, in_cards=1, in_scores=(CONFUSED,))
    html = page.render(facts)
    for text in ("Finger confusion (1)", "Leaking folds (1)", "finger-4 and finger-12", "ID7"):
        assert text in html
    assert "Warnings: finger confusion (1), leaking folds (1)." in summary.text(facts)


def test_what_several_members_found_is_one_row(quiet: Facts) -> None:
    (group,) = warnings.groups(warned(quiet, in_cards=2))
    assert (group.count, group.rows[0].where) == (1, "training of first, training of second")


def test_a_long_list_is_cut_and_counted(quiet: Facts) -> None:
    many = tuple(replace(CONFUSED, about=f"{number}.png") for number in range(100))
    (group,) = warnings.groups(warned(quiet, in_scores=many))
    assert (group.count, len(group.rows)) == (100, 30)
    assert "The first 30 of 100 findings" in page.render(warned(quiet, in_scores=many))


@pytest.mark.parametrize(("number", "is_open"), [(3, True), (4, False)])
def test_a_long_list_is_folded_and_a_short_one_lies_open(
    quiet: Facts, number: int, is_open: bool
) -> None:
    many = tuple(replace(CONFUSED, about=f"{number}.png") for number in range(number))
    html = page.render(warned(quiet, in_scores=many))
    (folded,) = re.findall(rf"<details([^>]*)>\s*<summary>{number} findings", html)
    assert (folded == " open") is is_open


def test_texts_of_warnings_are_escaped(quiet: Facts) -> None:
    hostile = Finding(name="over-training", about=HOSTILE, detail=HOSTILE)
    html = page.render(warned(quiet, in_scores=(hostile,)))
    assert "<img src=x" not in html and html.count("&lt;img src=x") == 2


def test_counts_are_those_of_the_kept_step(quiet: Facts) -> None:
    first = quiet.members[0]
    lines = [
        Line(step=step, epoch=1, loss=1, dice=0.9, found={"finger confusion": number})
        for step, number in ((5, 4), (10, 2))
    ]
    card = replace(first.card, history=lines, best_step=10)
    facts = replace(quiet, members=(replace(first, card=card), *quiet.members[1:]))
    assert warnings.counts(facts) == [(first.name, {"finger confusion": 2})]
    assert "Held-out images with a finding" in page.render(facts)


def test_predictions_without_truth_are_looked_at_too(facts: Facts) -> None:
    truth = hands.polygons()
    good, confused = (
        [rle.to_text(runs) for runs in hands.runs(p)]
        for p in (truth, {**truth, 11: truth[11] + truth[3]})
    )
    shape = (hands.SIDE, hands.SIDE)
    found = warnings.of_submission(
        {"good.png": shape, "bad.png": shape}, {"good.png": good, "bad.png": confused}, voted(facts)
    )
    assert {finding.about for finding in found} == {"bad.png"}
    assert "finger confusion" in {finding.name for finding in found}


def test_a_submission_that_does_not_fit_is_named(facts: Facts) -> None:
    with pytest.raises(BadInput, match=r"submission\.csv: a\.png: RLE"):
        warnings.of_submission({"a.png": (4, 4)}, {"a.png": ["1 99"] * 29}, voted(facts))


def voted(facts: Facts) -> StageRun:
    return facts.runs[-1]


def test_the_vote_of_a_run_is_looked_at(facts: Facts) -> None:
    # toy hands whose predictions are shifted by a pixel or more are no other hands
    found = {finding.name for score in facts.scores for finding in score.findings}
    assert "finger confusion" not in found and "bone in two places" not in found
