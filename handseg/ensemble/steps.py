"""The steps of a choice, each of which may change one thing about the vote."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from math import comb
from typing import Protocol

import numpy as np

from handseg import bones
from handseg.ensemble.comparable import Peers, Rows
from handseg.ensemble.tally import State, Tally

THRESHOLDS = tuple(step / 20 for step in range(6, 15))
"""0.3 to 0.7: further from the middle, Dice of a trained member only falls."""
MOST_WEIGHTS = 72
"""Combinations of family weights that are tried; two families are weighed in tenths."""
_SHARES = (10, 8, 6, 5, 4, 3, 2, 1)


class Step(Protocol):
    """One thing to choose."""

    @property
    def name(self) -> str:
        """In a word or two."""

    @property
    def is_per_bone(self) -> bool:
        """Whether it may be kept for some bones and not for others."""

    def candidates(self, state: State) -> list[State]:
        """Ways to vote that `fit` compares."""

    def fit(self, state: State, rows: Rows, tally: Tally) -> State:
        """The best way on some images, for which the candidates are prepared."""


@dataclass(frozen=True)
class Families:
    """Weights of families that voted on the same images; 0 leaves one out.

    Weight moves between these alone: what they have together stays as it was.
    """

    peers: Sequence[Peers]
    name: str = "family weights"
    is_per_bone: bool = False

    def candidates(self, state: State) -> list[State]:
        """See `Step`; the first is the state itself."""
        return [other for peers in self.peers for other in _weighed(state, peers.who)]

    def fit(self, state: State, rows: Rows, tally: Tally) -> State:
        """See `Step`."""
        weights = list(state.shares.weights)
        for peers in self.peers:
            best = _best(_weighed(state, peers.who), rows & peers.rows, tally)
            for family in peers.who:
                weights[family] = best.shares.weights[family]
        return replace(state, shares=replace(state.shares, weights=tuple(weights)))


def _weighed(state: State, who: Sequence[int]) -> list[State]:
    """As it is, all alike, one left out, then a grid; each ratio once."""
    start = state.shares.weights
    total = sum(start[family] for family in who)
    if not total:
        return [state]
    options = [[start[family] for family in who], [1.0] * len(who)]
    options += [[0.0 if f == left_out else start[f] for f in who] for left_out in who]
    options += _grid(len(who))
    found: dict[tuple[float, ...], State] = {}
    for option in options:
        if sum(option):
            weights = list(start)
            for family, share in zip(who, option, strict=True):
                weights[family] = share / sum(option) * total
            key = tuple(round(weight, 9) for weight in weights)
            found.setdefault(key, replace(state, shares=replace(state.shares, weights=key)))
    return [state, *list(found.values())[1:]]


def _grid(count: int) -> list[list[float]]:
    """All ways to share some equal parts among so many families."""
    parts = next((n for n in _SHARES if comb(n + count - 1, n) <= MOST_WEIGHTS), 1)
    places = combinations(range(parts + count - 1), count - 1)
    borders = [(-1, *inner, parts + count - 1) for inner in places]
    return [[float(b - a - 1) for a, b in pairwise(border)] for border in borders]


@dataclass(frozen=True)
class Members:
    """At most one member left out of those of a family that held the same fold out."""

    peers: Sequence[Peers]
    name: str = "members left out"
    is_per_bone: bool = False

    def candidates(self, state: State) -> list[State]:
        """See `Step`; the first is the state itself."""
        return [other for peers in self.peers for other in _without(state, peers.who)]

    def fit(self, state: State, rows: Rows, tally: Tally) -> State:
        """See `Step`."""
        own = list(state.shares.own)
        for peers in self.peers:
            best = _best(_without(state, peers.who), rows & peers.rows, tally)
            for store in peers.who:
                own[store] = best.shares.own[store]
        return replace(state, shares=replace(state.shares, own=tuple(own)))


def _without(state: State, who: Sequence[int]) -> list[State]:
    own = state.shares.own
    heard = [store for store in who if own[store]]
    dropped = heard if len(heard) > 1 else []
    changed = [tuple(0.0 if i == d else w for i, w in enumerate(own)) for d in dropped]
    return [state, *(replace(state, shares=replace(state.shares, own=o)) for o in changed)]


@dataclass(frozen=True)
class SoftOrHard:
    """Soft voting, or hard."""

    name: str = "soft or hard voting"
    is_per_bone: bool = False

    def candidates(self, state: State) -> list[State]:
        """See `Step`; the first is the state itself."""
        rule = state.rule
        other = replace(rule, voting="hard" if rule.voting == "soft" else "soft")
        return [state, replace(state, rule=other)]

    def fit(self, state: State, rows: Rows, tally: Tally) -> State:
        """See `Step`."""
        return _best(self.candidates(state), rows, tally)


@dataclass(frozen=True)
class Thresholds:
    """A threshold for each bone."""

    least: float
    """What the stores keep no probability below."""
    name: str = "threshold of each bone"
    is_per_bone: bool = True

    def candidates(self, state: State) -> list[State]:
        """See `Step`; the first is the state itself."""
        grid = [threshold for threshold in THRESHOLDS if threshold >= self.least]
        rules = [replace(state.rule, thresholds=(t,) * bones.COUNT) for t in grid]
        return [state, *(replace(state, rule=rule) for rule in rules)]

    def fit(self, state: State, rows: Rows, tally: Tally) -> State:
        """See `Step`."""
        tried = self.candidates(state)
        dice = np.array([tally.scores(other)[rows].mean(axis=0) for other in tried])
        values = np.array([other.rule.thresholds for other in tried])
        best = tuple(values[dice.argmax(axis=0), np.arange(bones.COUNT)].tolist())
        return replace(state, rule=replace(state.rule, thresholds=best))


@dataclass(frozen=True)
class Cleaning:
    """Only the largest region of each bone, or all."""

    name: str = "largest region only"
    is_per_bone: bool = False

    def candidates(self, state: State) -> list[State]:
        """See `Step`; the first is the state itself."""
        return [state, replace(state, rule=replace(state.rule, largest_component=True))]

    def fit(self, state: State, rows: Rows, tally: Tally) -> State:
        """See `Step`."""
        return _best(self.candidates(state), rows, tally)


def _best(tried: Sequence[State], rows: Rows, tally: Tally) -> State:
    """The best on some images, the first of equals; the first where there are no images."""
    if not rows.any():
        return tried[0]
    return tried[int(np.argmax([tally.scores(state)[rows].mean() for state in tried]))]
