"""From opened artifacts to the facts of the report."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np

from handseg import bones
from handseg.ensemble.choice import Choice
from handseg.ensemble.rule import Rule
from handseg.errors import BadInput
from handseg.findings.mistaken import Counts
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import ImageTiles, Store
from handseg.masks import rle
from handseg.report import balance, hand_map, overlays, rerun, scores, warnings
from handseg.report.card import MemberCard
from handseg.report.facts import Facts, MemberFacts, TestFacts
from handseg.report.overlays import Overlay
from handseg.report.records import StageRun
from handseg.report.scores import ImageScore, Scored, Voters

_WORST, _BEST, _TEST = 4, 2, 3
"""Images shown; about 0.2 MB each, of the 4 MB the page may take."""

Track = Callable[[Iterable[Scored], int], Iterable[Scored]]
"""Passes scores on, their number given, and shows progress."""


@dataclass(frozen=True, kw_only=True)
class MemberInputs:
    """One member's artifacts."""

    card: MemberCard
    store: Store
    """Its out-of-fold probabilities."""
    weight: float
    trained: StageRun
    predicted: StageRun
    """How the store was made."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything the report is made from."""

    run_name: str
    cache: ImageCache
    table: FoldTable
    members: Sequence[MemberInputs]
    submission: Mapping[str, Sequence[str]]
    """Image name -> 29 RLE texts."""
    rule: Rule
    """Of the vote."""
    choice: Choice | None
    """What the vote followed, where it was chosen."""
    split: StageRun
    preprocessed: StageRun
    voted: StageRun

    @property
    def voters(self) -> Voters:
        """Who votes, and how."""
        weights = {member.card.name: member.weight for member in self.members}
        if self.choice is None:
            return Voters.plain(weights, self.rule)
        shares = self.choice.shares([member.store.card for member in self.members])
        return Voters(names=list(weights), shares=shares, rule=self.rule)


def gather(inputs: Inputs, track: Track, *, with_images: bool = True) -> Facts:
    """Score every out-of-fold image, and draw the few that are shown.

    Args:
        inputs: what the report is made from.
        track: see `Track`.
        with_images: whether X-rays are shown; without, the few are told in words.

    Raises:
        BadInput: a store is not of its member, cache, fold table or held-out fold; no image was
            held out by any member.
    """
    _check(inputs)
    found, mistaken = _added_up(track(_score_all(inputs), len(_held_out(inputs))))
    typical = hand_map.most_typical(found)
    image = inputs.cache.read(typical.name)
    runs = (inputs.split, inputs.preprocessed, *_member_runs(inputs), inputs.voted)
    test = _test(inputs, with_images)
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
        mistaken=mistaken,
        hand_map=hand_map.of_polygons(image.polygons, typical.shape),
        typical=typical.name,
        with_images=with_images,
        worst=tuple(_overlay(inputs, score, with_images) for score in found[:_WORST]),
        best=tuple(_overlay(inputs, score, with_images) for score in best),
        test=test,
        preprocess=inputs.preprocessed.settings,
        runs=runs,
        commands=tuple(_commands(inputs, "test" if test else "oof")),
    )


def _check(inputs: Inputs) -> None:
    for member in inputs.members:
        name, card = member.card.name, member.store.card
        for what, is_right in (
            (f"part {card.part}; give out-of-fold stores", card.part == "oof"),
            (f"member {card.member}; give stores and members in one order", card.member == name),
            (f"fold {card.fold}; the member held out {member.card.fold}",
             card.fold == member.card.fold),
            (f"fold table {card.folds}; give the one it was made with",
             card.folds == inputs.split.content),
            (f"image cache {card.cache}; give the one it was made with",
             card.cache == inputs.preprocessed.content),
        ):  # fmt: skip
            if not is_right:
                raise BadInput(f"{member.store.path}: given for {name}, it is of {what}")
        strange = set(member.store.names) - set(inputs.table.held_out(card.fold))
        if strange:
            raise BadInput(
                f"{member.store.path}: {min(strange)} is not in fold {card.fold}, so the member "
                "was trained on it; make the store again with `handseg infer --part oof`"
            )
    if not _held_out(inputs):
        raise BadInput("no image was held out by any member; give each member's out-of-fold store")


def _held_out(inputs: Inputs) -> list[str]:
    """Names of the images that some member held out, in the fold table's order."""
    held = {name for member in inputs.members for name in member.store.names}
    return [row.image_name for row in inputs.table.rows if row.image_name in held]


def _added_up(scored: Iterable[Scored]) -> tuple[list[ImageScore], Counts]:
    """The scores, worst first, and the pixels of all images by true and by predicted bone."""
    found, mistaken = [], np.zeros((bones.COUNT, bones.COUNT), np.int64)
    for one in scored:
        found.append(one.score)
        mistaken += one.mistaken
    return sorted(found, key=lambda score: score.mean), mistaken


def _score_all(inputs: Inputs) -> Iterable[Scored]:
    """On all cores: numpy and OpenCV release the interpreter's lock for most of it."""
    reading = Lock()

    def score(name: str) -> Scored:
        with reading:  # a cache is not to be read by two threads at once
            image, tiles = inputs.cache.read(name), _tiles(inputs, name)
        return scores.score(image, tiles, inputs.voters)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from pool.map(score, _held_out(inputs))


def _tiles(inputs: Inputs, name: str) -> dict[str, ImageTiles]:
    return {m.card.name: m.store.read(name) for m in inputs.members if name in m.store.people}


def _overlay(inputs: Inputs, score: ImageScore, with_image: bool) -> Overlay:
    predicted = scores.predict(_tiles(inputs, score.name), inputs.voters)
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


def _member_runs(inputs: Inputs) -> Iterable[StageRun]:
    for member in inputs.members:
        yield member.trained
        yield member.predicted


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
        infer={member.card.name: member.predicted for member in inputs.members},
        ensemble=inputs.voted,
        part=part,
    )
