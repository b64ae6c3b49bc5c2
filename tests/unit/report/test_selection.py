from dataclasses import asdict, replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from handseg.ensemble.choice import (
    Choice,
    ChosenFamily,
    ChosenMember,
    Evidence,
    Interval,
    StepEvidence,
)
from handseg.ensemble.rule import Rule
from handseg.report import gather, page, selection
from handseg.report.facts import Facts
from handseg.settings import EnsembleSettings
from handseg.stages.ensemble import ensemble
from handseg.stages.report import report
from handseg.stages.select import select
from handseg.storage.location import Location
from tests.unit.report.made_run import MadeRun, make_run

HOSTILE = "<img src=x onerror=alert(1)>"
GAIN = Interval(mean=0.0123, low=0.0045, high=0.0234)
STEP = StepEvidence(name="family weights", kept=True, kept_in=4, gain=GAIN, result=HOSTILE)
EVIDENCE = Evidence(
    images=8,
    people=4,
    nested_folds=4,
    given=0.9,
    chosen=0.9123,
    gain=GAIN,
    helps=True,
    steps=[STEP],
    untold=["Soft against hard voting: no image had more than one voter."],
)


@pytest.fixture(scope="module")
def choice(made_run: MadeRun) -> Choice:
    """One family of both members, the first of them all but left out."""
    cards = [member.store.card for member in made_run.inputs().members]
    return Choice(
        members=[
            ChosenMember(
                name=card.member,
                family="unet",
                fold=card.fold,
                checkpoint=card.checkpoint,
                given=1.0,
                weight=weight,
            )
            for card, weight in zip(cards, (0.0, 1.0), strict=True)
        ],
        families=[ChosenFamily(name="unet", given=2.0, weight=2.0)],
        thresholds=[0.35] + [0.5] * 28,
        voting="hard",
        largest_component=True,
        settings=EnsembleSettings(),
        evidence=EVIDENCE,
    )


def test_the_page_states_the_gain_on_people_who_had_no_part(facts: Facts, choice: Choice) -> None:
    html = page.render(replace(facts, choice=choice, rule=choice.rule))
    for text in (
        "hard voting, thresholds 0.35 to 0.5, largest region only, chosen on out-of-fold",
        "+0.0123 (+0.0045 to +0.0234)",
        "<strong>0.9123</strong> instead of 0.9000",
        "The interval lies above 0.",
        "4 of 4",
        "no image had more than one voter",
    ):
        assert text in html
    assert HOSTILE not in html
    assert HOSTILE in unescape(html)


def test_without_a_choice_nothing_is_said_of_one(facts: Facts) -> None:
    html = page.render(facts)
    assert 'id="selection"' not in html
    assert "soft voting, threshold 0.5<" in html


def test_an_interval_that_holds_0_is_called_so(choice: Choice) -> None:
    wide = replace(EVIDENCE, gain=replace(GAIN, low=-0.001))
    assert "may be chance" in selection.verdict(replace(choice, evidence=wide))
    worse = replace(EVIDENCE, helps=False)
    assert "stays as it was" in selection.verdict(replace(choice, evidence=worse))


def test_figures_are_those_of_the_chosen_vote(made_run: MadeRun, choice: Choice) -> None:
    inputs = made_run.inputs()
    chosen = replace(choice, thresholds=[0.5] * 29, voting="soft", largest_component=False)
    found = gather.gather(
        replace(inputs, choice=chosen, rule=Rule.at(0.5)), lambda scores, total: scores
    )
    # each held its images out alone, so that leaving one out changes nothing there
    plain = gather.gather(inputs, lambda scores, total: scores)
    assert found.dice == pytest.approx(plain.dice)
    assert found.choice == chosen


def test_the_commands_choose_before_they_vote(made_run: MadeRun, choice: Choice) -> None:
    inputs = made_run.inputs()
    voted = replace(inputs.voted, choice=asdict(choice))
    found = gather.gather(replace(inputs, voted=voted), lambda scores, total: scores)
    assert found.commands[-3:-1] == (
        "handseg select --members members/first members/second --stores stores/first/oof"
        " stores/second/oof --weights 1.0 2.0 --cache cache --folds folds.csv --out choice.json",
        "handseg ensemble --stores stores/first/test stores/second/test --weights 1.0 2.0"
        " --choice choice.json --out submission.csv",
    )


def test_a_chosen_vote_is_reported_from_its_record(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", members={"one": 0, "two": 1}, test_people=(), side=64)
    made: dict[str, Any] = {
        "members": [run.place(f"members/{name}") for name in run.members],
        "stores": [run.place(f"stores/{name}/oof") for name in run.members],
        "cache": run.place("cache"),
        "folds": run.place("folds.csv"),
    }
    chosen, csv = run.place("choice.json"), run.place("chosen.csv")
    settings = EnsembleSettings(select=True, voting="hard")
    select(**made, out=chosen, settings=settings)
    ensemble(stores=made["stores"], out=csv, choice=chosen, settings=settings)
    report(**made, submission=csv, out=Location(str(tmp_path / "report.html")))
    html = (tmp_path / "report.html").read_text()
    assert 'id="selection"' in html
    assert "hard voting, threshold 0.5" in html
    assert "--settings.voting hard --settings.select true" in html.replace("<i>", "").replace(
        "</i>", ""
    )
