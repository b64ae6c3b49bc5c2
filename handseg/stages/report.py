"""The last stage: what a run found, how well and from what, as one self-contained HTML file."""

import json
import logging
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from handseg import bones, progress, provenance
from handseg.ensemble import choice as choices
from handseg.ensemble import submission as submissions
from handseg.ensemble.rule import Rule
from handseg.errors import BadInput, MissingInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.provenance import Origin, Start
from handseg.report import card, gather, page, records, summary
from handseg.report.card import MemberCard
from handseg.report.inputs import Inputs, MemberInputs
from handseg.report.records import StageRun
from handseg.report.scores import Scored
from handseg.settings import EnsembleSettings
from handseg.settings_codec import from_dict
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_STAGE = "report"


def report(
    *,
    cache: Location,
    folds: Location,
    members: list[Location],
    stores: list[Location],
    submission: Location,
    out: Location,
    voters: list[Location] | None = None,
    markdown: Location | None = None,
    confusion: Location | None = None,
    no_images: bool = False,
) -> None:
    """Report on a run: how good its members are, how sure, where they disagree, and its origin.

    Complete, it does nothing.

    Args:
        cache: Image cache that `preprocess` wrote.
        folds: Fold table that `split` wrote.
        members: Checkpoint folders that `train` wrote.
        stores: The members' out-of-fold probability stores, in the same order.
        submission: CSV that `ensemble` wrote.
        out: HTML file to write.
        voters: The stores that voted on the submission, in the same order, for where members
            disagree; without test stores, only images that several members held out are compared.
        markdown: Markdown file with the first figures to write; none by default.
        confusion: JSON file to write with the out-of-fold pixels of each bone by the bone that they
            were taken for; none by default.
        no_images: Leave every X-ray out, so that the report holds nothing of anybody's but figures
            and the outlines of one hand's bones; it says so.
    """
    started = Start.now()
    others = [place for place in voters or [] if place not in stores]  # these may have voted
    _check_asked(members, stores, others, [out, markdown, confusion])
    with ExitStack() as stack:
        # The cache's images have sums of their own.
        images = _Made.open(stack, cache, verify=False)
        made = [images, *(_Made.open(stack, place) for place in (folds, submission))]
        trained = [_Made.open(stack, place) for place in members]
        predicted = [_Made.open(stack, place) for place in stores]
        voting = [_Made.open(stack, place) for place in others]
        parents, origin = _made_from(made, trained, predicted, voting)
        settings = {"no_images": True} if no_images else {}
        if provenance.is_done(out, stage=_STAGE, settings=settings, parents=parents):
            logger.info("%s is complete: nothing to report", out)
            return
        inputs = _inputs(made, trained, predicted, voting, run_name=_run_name(out))
        facts = gather.gather(inputs, _track, with_images=not no_images)
    page_text = page.render(facts)
    record = provenance.record(
        stage=_STAGE, settings=settings, parents=parents, origin=origin, started=started
    )
    if markdown is not None:
        _write(markdown, summary.text(facts), record, replace=True)
    if confusion is not None:
        matrix = {"categories": bones.NAMES, "matrix": facts.mistaken.tolist()}
        _write(confusion, json.dumps(matrix), record, replace=True)
    _write(out, page_text, record, replace=False)
    logger.info("out-of-fold Dice %.4f over %d images: %s", facts.dice, len(facts.scores), out)


def _check_asked(
    members: Sequence[Location],
    stores: Sequence[Location],
    voters: Sequence[Location],
    places: Sequence[Location | None],
) -> None:
    """Refuse at once what no input is needed for."""
    if not members or len(members) != len(stores):
        raise BadInput(
            f"report: {len(members)} members and {len(stores)} stores; give one store per member"
        )
    if voters and len(voters) != len(members):
        raise BadInput(
            f"report: {len(voters)} test stores of {len(members)} members; give one per member, "
            "or none"
        )
    for place in filter(None, places):
        artifact.require_writable(place)


def _write(place: Location, text: str, record: dict[str, object], *, replace: bool) -> None:
    with artifact.writing(place, folder=False, replace=replace) as path:
        path.write_text(text, encoding="utf-8")
        provenance.write(path, record)


@dataclass(frozen=True)
class _Made:
    """An artifact that another stage made, at hand."""

    place: Location
    path: Path
    content: str

    @classmethod
    def open(cls, stack: ExitStack, place: Location, *, verify: bool = True) -> "_Made":
        path = stack.enter_context(artifact.reading(place, verify=verify))
        return cls(place, path, artifact.content_hash(path))

    def run(self, title: str, member: str = "") -> StageRun:
        text = artifact.read_record(self.place)
        if text is None:
            raise MissingInput(f"{self.place}: has no run.json; give what handseg made")
        record = provenance.parse(text, f"provenance of {self.place}")
        return records.parse(record, artifact=title, content=self.content, member=member)


def _made_from(
    made: Sequence[_Made],
    trained: Sequence[_Made],
    predicted: Sequence[_Made],
    voting: Sequence[_Made],
) -> tuple[dict[str, str], Origin]:
    """The parents' hashes, and what they go back to; the fold table is of the training part."""
    parents = dict(zip(("cache", "folds", "submission"), made, strict=True))
    for number, (member, store) in enumerate(zip(trained, predicted, strict=True)):
        parents |= {f"member_{number}": member, f"store_{number}": store}
    parents |= {f"voter_{number}": store for number, store in enumerate(voting)}
    origin = Origin.of(found.path for name, found in parents.items() if name != "folds")
    return {name: found.content for name, found in parents.items()}, origin


def _inputs(
    made: Sequence[_Made],
    trained: Sequence[_Made],
    predicted: Sequence[_Made],
    voting: Sequence[_Made],
    *,
    run_name: str,
) -> Inputs:
    cache, folds, submission = made
    cards = [card.read(member.path) for member in trained]
    names = [found.name for found in cards]
    if len(set(names)) < len(names):
        raise BadInput(f"members {names}: give each a name of its own with `handseg train --name`")
    voted = submission.run("submission.csv")
    place = f"run.json of {voted.artifact}: choice"
    choice = None if voted.choice is None else choices.parse(voted.choice, where=place)
    return Inputs(
        run_name=run_name,
        cache=ImageCache(cache.path),
        table=FoldTable.read(folds.path),
        members=[
            _member(found, _weight(voted, found.name), *of_member)
            for found, *of_member in zip_longest(cards, trained, predicted, voting)
        ],
        submission=submissions.read(submission.path),
        rule=_rule(voted) if choice is None else choice.rule,
        choice=choice,
        split=folds.run("folds.csv"),
        preprocessed=cache.run("cache"),
        voted=voted,
    )


def _member(
    found: MemberCard, weight: float, trained: _Made, predicted: _Made, voter: _Made | None
) -> MemberInputs:
    return MemberInputs(
        card=found,
        store=Store(predicted.path),
        weight=weight,
        trained=trained.run(f"members/{found.name}", found.name),
        predicted=predicted.run(f"stores/{found.name}/oof", found.name),
        test_store=None if voter is None else Store(voter.path),
        inferred=None if voter is None else voter.run(f"stores/{found.name}/test", found.name),
    )


def _rule(voted: StageRun) -> Rule:
    settings = {name: value for name, value in voted.settings.items() if name != "weights"}
    return Rule.of(from_dict(EnsembleSettings, settings, where=f"settings of {voted.artifact}"))


def _weight(voted: StageRun, name: str) -> float:
    if name not in voted.weights:
        raise BadInput(
            f"member {name}: did not vote on the submission; its members are {list(voted.weights)}"
        )
    return voted.weights[name]


def _run_name(out: Location) -> str:
    """The run's folder, as a title; in a pipeline that folder has no name worth reading."""
    folder = PurePosixPath(out.uri).parent.name
    return folder if out.name.endswith(".html") and folder else "handseg"


def _track(scores: Iterable[Scored], total: int) -> Iterable[Scored]:
    return progress.track(scores, description="scoring", total=total)
