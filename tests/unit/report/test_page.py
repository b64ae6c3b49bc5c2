import re
from dataclasses import replace

import numpy as np
import pytest

from handseg import bones
from handseg.report import page, wording
from handseg.report.facts import Facts
from handseg.report.records import Lap
from handseg.training.identity import Change

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
