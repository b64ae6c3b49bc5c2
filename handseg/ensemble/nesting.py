"""Steps kept where they help on people that had no part in choosing them, and what that is worth.

People are dealt into groups. Within a set of groups a step is fitted on all but one and scored on
that one, in turn, and is kept where the mean gain is above 0. All of that is done once on everyone,
which gives the choice, and once without each group, which is then scored: what is stated comes from
people that neither the steps nor the decisions to keep them have seen (nested cross-validation,
Varma and Simon 2006).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.ensemble.comparable import Rows
from handseg.ensemble.steps import Step
from handseg.ensemble.tally import Scores, State, Tally

GROUPS = 5
LEAST_GROUPS = 3
"""One to score on, and of what is left one to decide on and one to fit on."""
_NOTHING = 1e-6
"""Gains are above that: sums of floats are not."""

_Groups = frozenset[int]


def deal(people: Sequence[str], folds: Sequence[int]) -> NDArray[np.int64]:
    """Deal people into groups that hold as many of every held-out fold as can be.

    Args:
        people: of each image.
        folds: held-out fold of each image, the same for all images of a person.

    Returns:
        int64 (images,): the group of each; fewer than `GROUPS` where there are fewer people.
    """
    fold_of = dict(zip(people, folds, strict=True))
    names = sorted(fold_of)
    # Not by name: ids follow hospitals and dates.
    shuffled = [names[i] for i in np.random.default_rng(0).permutation(len(names))]
    count = min(GROUPS, len(names))
    order = sorted(shuffled, key=lambda person: fold_of[person])
    group_of = {person: place % count for place, person in enumerate(order)}
    return np.array([group_of[person] for person in people], np.int64)


@dataclass(frozen=True)
class _Kept:
    """A step that is kept, for all bones or for some."""

    step: int
    bones: tuple[bool, ...]


_Trail = tuple[_Kept, ...]


class Nesting:
    """Runs the steps in order, on everyone and without each group."""

    def __init__(
        self, start: State, steps: Sequence[Step], tally: Tally, groups: NDArray[np.int64]
    ) -> None:
        self._start = start
        self._steps = steps
        self._tally = tally
        self._groups = groups
        self._everyone: _Groups = frozenset(groups.tolist())
        self._fitted: dict[tuple[_Trail, _Groups], State] = {}
        self.trails: list[dict[_Groups, _Trail]] = [dict.fromkeys(self._views(), ())]
        """What each view keeps: before the first step, and after every step."""

    def run(self) -> None:
        """Take every step."""
        for number in range(len(self._steps)):
            before = self.trails[-1]
            tried = {(trail, part) for view, trail in before.items() for part in _parts(view)}
            states = [self._fit(trail, part) for trail, part in tried]
            step = self._steps[number]
            self._tally.prepare(other for state in states for other in step.candidates(state))
            whole = _Kept(number, (True,) * bones.COUNT)
            self._tally.prepare(self._fit((*trail, whole), part) for trail, part in tried)
            after = {view: self._decide(trail, number, view) for view, trail in before.items()}
            self._tally.prepare(self._fit(trail, view) for view, trail in after.items())
            self.trails.append(after)

    @property
    def choice(self) -> State:
        """What everyone together chooses."""
        return self._fit(self.trails[-1][self._everyone], self._everyone)

    @property
    def steps(self) -> Sequence[Step]:
        """What was tried, in order."""
        return self._steps

    @property
    def count(self) -> int:
        """The number of nested folds."""
        return len(self._everyone)

    def keeps(self, number: int) -> tuple[bool, int]:
        """Whether everyone keeps a step, and in how many of the nested folds it is kept."""
        kept = {
            view: any(one.step == number for one in trail)
            for view, trail in self.trails[-1].items()
        }
        whole = kept.pop(self._everyone)
        return whole, sum(kept.values())

    def nested(self, steps: int) -> Scores:
        """Dice of each image after some steps, chosen without the image's group."""
        found = np.empty((len(self._groups), bones.COUNT))
        for group in sorted(self._everyone):
            view = self._everyone - {group}
            state = self._fit(self.trails[steps][view], view)
            rows = self._groups == group
            found[rows] = self._tally.scores(state)[rows]
        return found

    def _views(self) -> list[_Groups]:
        return [self._everyone, *(self._everyone - {group} for group in sorted(self._everyone))]

    def _rows(self, groups: Iterable[int]) -> Rows:
        return np.isin(self._groups, sorted(groups))

    def _fit(self, trail: _Trail, view: _Groups) -> State:
        """The steps of a trail, one after another, fitted on some groups."""
        if not trail:
            return self._start
        if (trail, view) not in self._fitted:
            *earlier, last = trail
            before = self._fit(tuple(earlier), view)
            after = self._steps[last.step].fit(before, self._rows(view), self._tally)
            pairs = zip(before.rule.thresholds, after.rule.thresholds, last.bones, strict=True)
            thresholds = tuple(new if kept else old for old, new, kept in pairs)
            rule = replace(after.rule, thresholds=thresholds)
            self._fitted[trail, view] = replace(after, rule=rule)
        return self._fitted[trail, view]

    def _decide(self, trail: _Trail, number: int, view: _Groups) -> _Trail:
        """Keep a step, or leave it out, by fits that leave one group of the view out."""
        gains = np.zeros((len(self._groups), bones.COUNT))
        whole = _Kept(number, (True,) * bones.COUNT)
        for group in view:
            part = view - {group}
            rows = self._groups == group
            before = self._tally.scores(self._fit(trail, part))
            after = self._tally.scores(self._fit((*trail, whole), part))
            gains[rows] = (after - before)[rows]
        of_bones = gains[self._rows(view)].mean(axis=0)
        if self._steps[number].is_per_bone:
            helped = tuple((of_bones > _NOTHING).tolist())
            return (*trail, _Kept(number, helped)) if any(helped) else trail
        return (*trail, whole) if of_bones.mean() > _NOTHING else trail


def _parts(view: _Groups) -> list[_Groups]:
    """A view, and what is left of it without each of its groups."""
    return [view, *(view - {group} for group in sorted(view))]
