"""Named warnings, from the members' cards and from the predictions, as the page lists them."""

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from handseg import bones
from handseg.errors import BadInput
from handseg.findings import image
from handseg.findings.finding import MEANING, OF_HANDS, REMEDY, Finding, Name
from handseg.masks import rle
from handseg.report.facts import Facts
from handseg.report.records import StageRun

_LISTED = 30
"""Rows of one name that the page lists."""
OUT_OF_FOLD, TEST = "the vote, out-of-fold", "the submission, test"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was found."""

    about: str
    """Image, person or member."""
    where: str
    """The predictions it was found in, or the members whose training found it."""
    detail: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Everything of one name."""

    name: Name
    meaning: str
    remedy: str
    rows: Sequence[Row]
    """The first of them."""
    count: int


def looked_for() -> dict[Name, str]:
    """What each name stands for that can be found of these bones."""
    return {name: MEANING[name] for name in MEANING if bones.IS_HAND or name not in OF_HANDS}


def groups(facts: Facts) -> list[Group]:
    """What was found, by name in one fixed order; names of which nothing was found are left out."""
    found = _rows(facts)
    listed = []
    for name in MEANING:
        rows = [row for key, row in found if key == name]
        if rows:
            listed.append(
                Group(
                    name=name,
                    meaning=MEANING[name],
                    remedy=REMEDY[name],
                    rows=rows[:_LISTED],
                    count=len(rows),
                )
            )
    return listed


def _rows(facts: Facts) -> list[tuple[Name, Row]]:
    """Members' first, then those of predictions; what several members found is one row."""
    sources: dict[Finding, list[str]] = {}
    for member in facts.members:
        for finding in member.card.findings:
            sources.setdefault(finding, []).append(f"training of {member.name}")
    for score in facts.scores:
        for finding in score.findings:
            sources.setdefault(finding, []).append(OUT_OF_FOLD)
    for finding in facts.test.findings if facts.test else ():
        sources.setdefault(finding, []).append(TEST)
    return [
        (finding.name, Row(about=finding.about, where=", ".join(where), detail=finding.detail))
        for finding, where in sources.items()
    ]


def counts(facts: Facts) -> list[tuple[str, dict[str, int]]]:
    """Held-out images with a finding at the kept step, by name, of each member that counted."""
    return [
        (member.name, dict(line.found))
        for member in facts.members
        for line in member.card.history
        if line.step == member.card.best_step and line.found is not None
    ]


def of_submission(
    shapes: Mapping[str, tuple[int, int]], submission: Mapping[str, Sequence[str]], voted: StageRun
) -> tuple[Finding, ...]:
    """Look at every prediction of the test part, on all cores; without truth.

    Args:
        shapes: (height, width) of each image.
        submission: image name -> 29 RLE texts.
        voted: how it was made.

    Raises:
        BadInput: an RLE is none, or reaches beyond its image.
    """

    def look(name: str) -> Iterable[Finding]:
        height, width = shapes[name]
        try:
            predicted = [rle.parse(text, height * width) for text in submission[name]]
        except BadInput as error:
            raise BadInput(f"{voted.artifact}: {name}: {error}") from error
        return image.of_prediction(name, predicted, width)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return tuple(finding for found in pool.map(look, shapes) for finding in found)
