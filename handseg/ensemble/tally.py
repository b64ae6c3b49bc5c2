"""Dice of every out-of-fold image and bone under many ways to vote, each computed once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handseg import bones, progress
from handseg.ahead import work_ahead
from handseg.ensemble import voting
from handseg.ensemble import weights as member_weights
from handseg.ensemble.contest import Contest
from handseg.ensemble.panel import Ballot
from handseg.ensemble.rule import Rule, Voting
from handseg.ensemble.shares import Shares
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.inference.tiles import ImageTiles
from handseg.masks import bitfield, dice, rle

Scores = NDArray[np.float64]
"""(images, 29): Dice."""


@dataclass(frozen=True)
class State:
    """One complete way to vote."""

    shares: Shares
    rule: Rule


class _Way(NamedTuple):
    """A way to vote with one threshold for every bone: bones do not know of each other's."""

    shares: Shares
    voting: Voting
    threshold: float
    largest: bool


class Tally:
    """Remembers scores, and goes through the stores once for all that are missing.

    Memory holds 29 numbers for each image and way, and the tiles of a few images.
    """

    def __init__(
        self, stores: Sequence[Store], ballots: Sequence[Ballot], cache: ImageCache
    ) -> None:
        self._stores = stores
        self._ballots = ballots
        self._cache = cache
        self._reading = Lock()
        self._scores: dict[_Way, Scores] = {}

    def prepare(self, states: Iterable[State]) -> None:
        """Score ways to vote that have not been scored yet, in one pass over the images."""
        wanted: dict[_Way, list[int]] = {}
        for state in states:
            for way, classes in _ways(state).items():
                known = wanted.setdefault(way, [])
                known += [c for c in classes if c not in known and not self._has(way, c)]
        missing = {way: classes for way, classes in wanted.items() if classes}
        if not missing:
            return
        for way in missing:
            if way not in self._scores:
                self._scores[way] = np.full((len(self._ballots), bones.COUNT), np.nan)
        found = work_ahead(lambda ballot: self._score(ballot, missing), self._ballots)
        total, description = len(self._ballots), f"scoring {len(missing)} votes"
        for row, scores in enumerate(progress.track(found, description=description, total=total)):
            for (way, classes), values in zip(missing.items(), scores, strict=True):
                self._scores[way][row, classes] = values

    def scores(self, state: State) -> Scores:
        """Dice of a way to vote that was prepared."""
        found = np.empty((len(self._ballots), bones.COUNT))
        for way, classes in _ways(state).items():
            found[:, classes] = self._scores[way][:, classes]
        return found

    def _has(self, way: _Way, class_id: int) -> bool:
        return way in self._scores and not np.isnan(self._scores[way][0, class_id])

    def _score(self, ballot: Ballot, missing: Mapping[_Way, list[int]]) -> list[Scores]:
        members = [self._stores[voter].read(ballot.image_name) for voter in ballot.voters]
        with self._reading:  # a cache is not to be read by two threads at once
            image = self._cache.read(ballot.image_name)
        truth = bitfield.class_runs(image.polygons, members[0].shape)
        plain = _plain(members, truth, ballot, [way for way in missing if not way.largest])
        cleaned: dict[object, float] = {}
        return [
            _cleaned(members, truth, ballot, way, classes, cleaned)
            if way.largest
            else plain[way][classes]
            for way, classes in missing.items()
        ]


def _ways(state: State) -> dict[_Way, list[int]]:
    """The bones of each threshold; without cleaning the others cost nothing, and come along."""
    rule, ways = state.rule, dict[_Way, list[int]]()
    for class_id, threshold in enumerate(rule.thresholds):
        way = _Way(state.shares, rule.voting, threshold, rule.largest_component)
        ways.setdefault(way, []).append(class_id)
    return ways


def _plain(
    members: Sequence[ImageTiles],
    truth: Sequence[rle.Runs],
    ballot: Ballot,
    ways: Sequence[_Way],
) -> dict[_Way, Scores]:
    """All 29 bones of each way; families that are not heard here make no difference."""
    if not ways:
        return {}
    asked = sorted({way.threshold for way in ways})
    contest = Contest(members, truth, thresholds=(asked[0], asked[-1]))
    known: dict[object, Scores] = {}
    found = {}
    for way in ways:
        weights = way.shares.of(ballot.voters)
        key = (_units(weights), way.voting, way.threshold)
        if key not in known:
            known[key] = contest.dice(weights, way.voting, [way.threshold])[0]
        found[way] = known[key]
    return found


def _cleaned(
    members: Sequence[ImageTiles],
    truth: Sequence[rle.Runs],
    ballot: Ballot,
    way: _Way,
    classes: Sequence[int],
    known: dict[object, float],
) -> Scores:
    weights = way.shares.of(ballot.voters)
    keys = {c: (_units(weights), way.voting, way.threshold, c) for c in classes}
    new = [c for c, key in keys.items() if key not in known]
    rule = replace(Rule.at(way.threshold), voting=way.voting, largest_component=True)
    masks = voting.by_rule(members, weights, rule, classes=new)
    known.update({keys[c]: dice.dice(mask, truth[c]) for c, mask in zip(new, masks, strict=True)})
    return np.array([known[key] for key in keys.values()])


def _units(weights: Sequence[float]) -> tuple[float, ...]:
    return tuple(member_weights.in_units(weights).tolist())
