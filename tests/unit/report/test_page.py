import re
from dataclasses import replace

import numpy as np
import pytest

from handseg import bones
from handseg.ensemble.choice import Interval
from handseg.report import page, wording
from handseg.report.facts import Facts
from handseg.report.gather import gather
from handseg.report.records import Lap
from handseg.report.usage import Usage
from handseg.training.identity import Change
from handseg.training.loss_curve import LossPoint
from tests.unit.report.made_run import MadeRun

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def html(facts: Facts) -> str:
    return page.render(facts)


def test_the_page_needs_nothing_from_elsewhere(html: str) -> None:
    sources = re.findall(r"""(?:src|href)=["']([^"']*)""", html)
    assert sources
    assert all(s.startswith(("data:", "#")) for s in sources)
    assert "url(http" not in html and "@import" not in html


def test_the_page_is_small(html: str) -> None:
    assert len(html.encode()) < 1_000_000


def test_the_first_figures_are_there(html: str, facts: Facts) -> None:
    for text in (f"{facts.dice:.4f}", "4 people, 2 folds", facts.runs[0].commit[:8], "46 min"):
        assert text in html


@pytest.mark.parametrize("name", bones.NAMES)
def test_every_bone_has_a_row(html: str, name: str) -> None:
    assert f"</span>{name}</th>" in html


def test_preprocessing_says_what_saturation_does(html: str) -> None:
    assert wording.SATURATION in html


def test_every_hash_and_commit_is_there_in_full(html: str, facts: Facts) -> None:
    assert all(run.content in html and run.commit in html for run in facts.runs)
    assert "d" * 64 in html  # of the raw data


def test_a_training_that_went_on_otherwise_says_so(html: str, facts: Facts) -> None:
    assert "otherwise than it began" not in html
    first = facts.members[0]
    changes = [Change(step=7, setting="learning_rate", was="0.1", now="0.01")]
    changed = replace(first, card=replace(first.card, changes=changes))
    text = page.render(replace(facts, members=(changed, *facts.members[1:])))
    assert f"{first.name} went on otherwise than it began" in text
    assert "learning_rate was 0.1 until step 7, and is 0.01 since." in text


def test_texts_from_the_data_are_escaped(facts: Facts) -> None:
    first = facts.members[0]
    score = replace(facts.scores[0], name=HOSTILE, person=HOSTILE, members={HOSTILE: np.ones(29)})
    overlay = replace(facts.worst[0], name=HOSTILE, person=HOSTILE)
    assert facts.test is not None
    html = page.render(
        replace(
            facts,
            run_name=HOSTILE,
            typical=HOSTILE,
            members=(replace(first, card=replace(first.card, name=HOSTILE)),),
            scores=(score,),
            worst=(overlay,),
            test=replace(facts.test, overlays=(overlay,)),
            runs=tuple(replace(run, artifact=HOSTILE, host=HOSTILE) for run in facts.runs),
            commands=(HOSTILE,),
        )
    )
    assert "<img src=x" not in html
    assert html.count("&lt;img src=x") >= 10


def test_one_member_needs_no_column_of_its_own(facts: Facts) -> None:
    html = page.render(replace(facts, members=facts.members[:1]))
    assert 'aria-label="Sections"' in html and "members differ are marked" not in html


def test_without_test_images_the_page_says_what_was_submitted(facts: Facts) -> None:
    html = page.render(replace(facts, test=None))
    assert "the submission holds the out-of-fold predictions" in html
    assert 'id="test"' not in html


def test_a_member_without_history_or_images_is_shown_with_dashes(facts: Facts) -> None:
    first = facts.members[0]
    bare = replace(
        first, images=0, per_bone=np.full(29, np.nan), card=replace(first.card, history=[])
    )
    assert ">–</td>" in page.render(replace(facts, members=(bare,)))


def test_the_same_run_gives_the_same_page(facts: Facts, html: str) -> None:
    assert page.render(facts) == html


def test_the_axis_of_the_spread_begins_a_tenth_below_every_box() -> None:
    assert page._floor(0.83) == 0.7
    assert page._floor(0.04) == 0
    assert page._floor(1.0) == 0.8


def test_a_member_says_how_long_it_waited_for_images(facts: Facts) -> None:
    first, *others = facts.members
    laps = [Lap(step=1, seconds=10, data_wait=0.5), Lap(step=2, seconds=40, data_wait=0.1)]
    waited = replace(first, run=replace(first.run, laps=laps))
    html = page.render(replace(facts, members=(waited, *others)))
    assert ">20 %</td>" in html
    assert ">–</td>" in html


def test_the_loss_is_drawn_in_the_finer_steps_where_a_card_has_them(facts: Facts) -> None:
    first, *others = facts.members
    points = [LossPoint(step=n, epoch=n / 10, loss=1 / n) for n in range(1, 13)]
    few = replace(first.card, history=first.card.history[:1])
    fine = replace(few, losses=points)
    drawn = [
        page._loss(replace(facts, members=(replace(first, card=card), *others)))
        for card in (few, fine)
    ]
    dots = [svg.count("<use ") for svg in drawn]  # and the axes' ticks
    assert dots[1] - dots[0] >= 8


def test_every_section_of_the_contents_is_there(html: str) -> None:
    asked = re.findall(r'<a href="#([a-z]+)"', html)
    assert len(asked) >= 13
    assert [name for name in asked if f'id="{name}"' not in html] == []


def test_too_few_people_are_said_instead_of_an_interval(html: str) -> None:
    assert "no interval: it takes 5 people or more" in html
    assert "There are no intervals: 4 people had images that were scored" in html
    assert "95 % interval<" not in html


def test_intervals_stand_beside_the_mean_and_each_bone(facts: Facts) -> None:
    known = tuple(Interval(mean=0.9, low=0.8 + c / 1000, high=0.95) for c in range(30))
    html = page.render(replace(facts, intervals=known))
    assert "95 % interval over people 0.8000–0.9500" in html
    assert html.count("–0.9500</td>") == 29 + 1  # each bone, and the mean at the foot
    assert "0.8290–0.9500" in html  # the Ulna's


def test_confidence_is_said_with_what_is_counted(html: str) -> None:
    assert re.search(r"Expected calibration error <strong>0\.\d{4}</strong>", html)
    assert "outside its regions, the vote gives 0" in html
    assert html.count("<svg") > 3


def test_nothing_to_compare_is_said(html: str, facts: Facts) -> None:
    assert "no test stores were given (--voters)" in html
    alone = page.render(replace(facts, members=facts.members[:1]))
    assert "Nothing can be compared: there is one member." in alone


def test_where_members_disagree_is_shown_and_escaped(made_run: MadeRun) -> None:
    found = gather(made_run.inputs(voters=True), lambda scores, total: scores)
    assert found.disagreement is not None
    html = page.render(found)
    assert html.count('<path class="first"') == html.count('<path class="second"') > 2 * 29
    assert "Compared are 2 test images" in html
    hostile = replace(
        found.disagreement,
        worst=(replace(found.disagreement.worst[0], name=HOSTILE, pair=(HOSTILE, HOSTILE)),),
        overlays=(replace(found.disagreement.overlays[0], name=HOSTILE, pair=(HOSTILE, HOSTILE)),),
        pairs=(replace(found.disagreement.pairs[0], pair=(HOSTILE, HOSTILE)),),
    )
    html = page.render(replace(found, disagreement=hostile))
    assert "<img src=x" not in html and html.count("&lt;img src=x") >= 6


def test_without_images_disagreement_is_told_in_figures(made_run: MadeRun) -> None:
    html = page.render(
        gather(made_run.inputs(voters=True), lambda scores, total: scores, with_images=False)
    )
    assert "<img" not in html and "data:image" not in html
    assert "disagreement <strong>0." in html


def test_of_truth_and_prediction_the_one_without_the_other_is_all_missed_or_in_excess(
    facts: Facts,
) -> None:
    overlay = facts.worst[0]
    assert overlay.whole is not None
    both, truth, predicted = overlay.whole.shapes[:3]
    shapes = (both, replace(truth, predicted=""), replace(predicted, truth=""))
    shown = replace(overlay, whole=replace(overlay.whole, shapes=shapes), detail=None)
    html = page.render(replace(facts, worst=(shown,), best=(), test=None))
    found = re.findall(r'<use class="(missed|excess)" href="#[tp](\d+)"( mask)?', html)
    assert [(name, bool(cut)) for name, _, cut in found] == [
        ("missed", True), ("excess", True), ("missed", False), ("excess", False)
    ]  # fmt: skip
    assert [number for _, number, _ in found] == ["1", "1", "2", "3"]
    assert html.count(both.truth) == html.count(both.predicted) == 1


def test_every_outline_and_mask_has_an_id_of_its_own(html: str) -> None:
    ids = re.findall(r'<(?:path|mask) id="([tp]\d+|[a-z]+-[tp]\d+)"', html)
    assert len(ids) == len(set(ids)) > 4 * 29


def test_without_truth_there_is_no_difference(facts: Facts) -> None:
    html = page.render(replace(facts, worst=(), best=()))
    assert '<use class="predicted"' in html
    assert '<use class="missed"' not in html and '<use class="excess"' not in html


def test_the_vote_says_where_its_weights_come_from(html: str, facts: Facts) -> None:
    assert "The weights were given by hand." in html
    assert ">33 %</td>" in html and ">67 %</td>" in html
    runs = [
        replace(run, settings={**run.settings, "weights": None}) if run.stage == "ensemble" else run
        for run in facts.runs
    ]
    own = page.render(replace(facts, runs=tuple(runs)))
    assert "No weights were given, so each member has its validation Dice" in own
    assert "decides alone" in page.render(replace(facts, members=facts.members[:1]))


def test_time_and_memory_of_every_stage_are_told(facts: Facts) -> None:
    first, second, *rest = facts.runs
    known = replace(first, usage=Usage(peak_bytes=512_000_000, worker_most_bytes=1_500_000_000))
    above = replace(second, usage=Usage(peak_bytes=7_000_000, is_own=False, gpu_peak_bytes=10**10))
    html = page.render(replace(facts, runs=(known, above, *rest)))
    for text in (">512 MB<", ">1.5 GB<", ">up to 7 MB<", ">10.0 GB<"):
        assert text in html
