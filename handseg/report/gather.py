"""From opened artifacts to the facts of the report."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from handseg import bones
from handseg.ahead import work_ahead
from handseg.ensemble import interval
from handseg.ensemble.choice import Interval
from handseg.errors import BadInput
from handseg.findings.mistaken import Counts as Mistaken
from handseg.masks import rle
from handseg.report import (
    balance,
    compare,
    hand_map,
    overlays,
    rerun,
    scores,
    warnings,
)
from handseg.report.calibration import Counts
from handseg.report.disagreement import Adding
from handseg.report.facts import Facts, MemberFacts, TestFacts
from handseg.report.inputs import Inputs, MemberInputs
from handseg.report.overlays import Overlay
from handseg.report.scores import ImageScore, Scored

_WORST, _BEST, _TEST = 4, 2, 3
"""Images shown; about 0.2 MB each, of the 4 MB the page may take."""

Track = Callable[[Iterable[Scored], int], Iterable[Scored]]
"""Passes scores on, their number given, and shows progress."""


def gather(inputs: Inputs, track: Track, *, with_images: bool = True) -> Facts:
    """Score every out-of-fold image, and draw the few that are shown.

    Args:
        inputs: what the report is made from.
        track: see `Track`.
        with_images: whether X-rays are shown; without, the few are told in words.

    Raises:
        BadInput: see `Inputs.check`.
    """
    inputs.check()
    sums = _added_up(track(_score_all(inputs), len(inputs.held_out())))
    found = sorted(sums.scores, key=lambda score: score.mean)
    typical = hand_map.most_typical(found)
    image = inputs.cache.read(typical.name)
    test = _test(inputs, with_images)
    apart = compare.of_test(inputs) or sums.apart.result("oof")
    best = found[max(_WORST, len(found) - _BEST) :][::-1]
    return Facts(
        run_name=inputs.run_name,
        members=tuple(_member(member, found) for member in inputs.members),
        rule=inputs.rule,
        choice=inputs.choice,
        train_images=len(inputs.table.rows),
        people=len({row.person for row in inputs.table.rows}),
        balance=_balance(inputs),
        scores=tuple(found),
        overall=scores.per_bone(found),
        intervals=_intervals(found),
        mistaken=sums.mistaken,
        calibration=sums.calibration,
        disagreement=compare.drawn(inputs, apart, with_images=with_images),
        hand_map=hand_map.of_polygons(image.polygons, typical.shape),
        typical=typical.name,
        with_images=with_images,
        worst=tuple(_overlay(inputs, score, with_images) for score in found[:_WORST]),
        best=tuple(_overlay(inputs, score, with_images) for score in best),
        test=test,
        preprocess=inputs.preprocessed.settings,
        runs=inputs.runs,
        commands=tuple(_commands(inputs, "test" if test else "oof")),
    )


@dataclass(frozen=True)
class _Sums:
    """What all images come to."""

    scores: list[ImageScore] = field(default_factory=list)
    mistaken: Mistaken = field(
        default_factory=lambda: np.zeros((bones.COUNT, bones.COUNT), np.int64)
    )
    calibration: dict[str, Counts] = field(default_factory=dict)
    apart: Adding = field(default_factory=Adding)


def _added_up(scored: Iterable[Scored]) -> _Sums:
    sums = _Sums()
    for one in scored:
        sums.scores.append(one.score)
        sums.mistaken[:] += one.mistaken
        for name, counted in one.calibration.items():
            sums.calibration[name] = sums.calibration.get(name, 0) + counted
        sums.apart.add(one.disagreement)
    return sums


def _intervals(found: Sequence[ImageScore]) -> tuple[Interval, ...]:
    """Of the mean over bones and of each bone; none of too few people."""
    people = [score.person for score in found]
    if len(set(people)) < interval.LEAST_PEOPLE:
        return ()
    dice = np.array([[score.mean, *score.overall] for score in found])
    return tuple(interval.of_columns(dice, people))


def _score_all(inputs: Inputs) -> Iterable[Scored]:
    """On all cores: numpy and OpenCV release the interpreter's lock for most of it."""
    reading = Lock()

    def score(name: str) -> Scored:
        with reading:  # a cache is not to be read by two threads at once
            image, tiles = inputs.cache.read(name), inputs.tiles(name)
        return scores.score(image, tiles, inputs.voters)

    return work_ahead(score, inputs.held_out())


def _overlay(inputs: Inputs, score: ImageScore, with_image: bool) -> Overlay:
    predicted = scores.predict(inputs.tiles(score.name), inputs.voters)
    image = inputs.cache.read(score.name)
    return overlays.of_image(image, predicted, score.overall, with_image=with_image)


def _member(member: MemberInputs, found: Sequence[ImageScore]) -> MemberFacts:
    return MemberFacts(
        card=member.card,
        weight=member.weight,
        images=len(member.store),
        per_bone=scores.per_bone(found, member.card.name),
        run=member.trained,
    )


def _balance(inputs: Inputs) -> tuple[balance.FoldBalance, ...]:
    held_out = {member.card.name: member.card.fold for member in inputs.members}
    return tuple(balance.of_folds([(r.person, r.fold) for r in inputs.table.rows], held_out))


def _test(inputs: Inputs, with_images: bool) -> TestFacts | None:
    names = [name for name in inputs.cache.names("test") if name in inputs.submission]
    if not names:
        return None
    empty = np.array([[not text for text in inputs.submission[name]] for name in names]).sum(axis=0)
    shown = sorted({round(i) for i in np.linspace(0, len(names) - 1, _TEST)})
    return TestFacts(
        images=len(names),
        missing={bones.NAMES[c]: int(number) for c, number in enumerate(empty) if number},
        overlays=tuple(_test_overlay(inputs, names[i], with_images) for i in shown),
        findings=warnings.of_submission(
            {name: inputs.cache.read(name).pixels.shape for name in names},
            inputs.submission,
            inputs.voted,
        ),
    )


def _test_overlay(inputs: Inputs, name: str, with_image: bool) -> Overlay:
    image = inputs.cache.read(name)
    try:
        predicted = [rle.parse(text, image.pixels.size) for text in inputs.submission[name]]
    except BadInput as error:
        raise BadInput(f"{inputs.voted.artifact}: {name}: {error}") from error
    return overlays.of_image(image, predicted, None, with_image=with_image)


def _commands(inputs: Inputs, part: str) -> list[str]:
    return rerun.commands(
        split=inputs.split,
        preprocess=inputs.preprocessed,
        members={member.card.name: member.trained for member in inputs.members},
        infer={member.card.name: member.inferred or member.predicted for member in inputs.members},
        ensemble=inputs.voted,
        part=part,
    )
