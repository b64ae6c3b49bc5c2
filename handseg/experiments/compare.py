"""Arms compared: mean Dice, and paired differences with intervals from resampled people."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg.ensemble import interval
from handseg.experiments.results import RunScores


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over images, with its 95 % interval; see `interval.over_people`.

    Images of one person are alike, so that drawing images instead would promise too much.
    """

    mean: float
    low: float
    """NaN, as `high`, where fewer than two people were scored."""
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much better one arm is than another on the images that both were scored on."""

    dice: Estimate
    per_bone: NDArray[np.float64]
    """(29,), means over images."""
    by_seed: dict[int, float]
    """Of each seed that both arms have; empty where fewer than two are."""
    images: int
    people: int


@dataclass(frozen=True, kw_only=True)
class _Images:
    """Dice of each image, averaged over folds and seeds."""

    dice: dict[str, NDArray[np.float64]]
    """By image name: (29,)."""
    people: dict[str, str]


def mean_dice(runs: Sequence[RunScores]) -> Estimate:
    """The mean over images and bones of one arm, seeds and folds averaged first."""
    images = _averaged(runs)
    values = {name: float(dice.mean()) for name, dice in images.dice.items()}
    return _estimate(values, images.people)


def per_bone(runs: Sequence[RunScores]) -> NDArray[np.float64]:
    """The mean over images of each bone: (29,)."""
    return np.mean(list(_averaged(runs).dice.values()), axis=0)  # type: ignore[no-any-return]


def difference(runs: Sequence[RunScores], base: Sequence[RunScores]) -> Difference | None:
    """Compare an arm with another, image by image.

    Args:
        runs: of one arm.
        base: of the arm it is compared to.

    Returns:
        None where no image was scored with both.
    """
    mine, theirs = _averaged(runs), _averaged(base)
    shared = [name for name in mine.dice if name in theirs.dice]
    if not shared:
        return None
    changes = {name: mine.dice[name] - theirs.dice[name] for name in shared}
    by_seed = _by_seed(runs, base)
    return Difference(
        dice=_estimate({name: float(c.mean()) for name, c in changes.items()}, mine.people),
        per_bone=np.mean(list(changes.values()), axis=0),
        by_seed=by_seed if len(by_seed) > 1 else {},
        images=len(shared),
        people=len({mine.people[name] for name in shared}),
    )


def _by_seed(runs: Sequence[RunScores], base: Sequence[RunScores]) -> dict[int, float]:
    found = {}
    for seed in sorted({run.seed for run in runs if run.seed is not None}):
        mine = _averaged(run for run in runs if run.seed == seed).dice
        theirs = _averaged(run for run in base if run.seed == seed).dice
        changes = [mine[name] - theirs[name] for name in mine if name in theirs]
        if changes:
            found[seed] = float(np.mean(changes))
    return found


def _averaged(runs: Iterable[RunScores]) -> _Images:
    found: dict[str, list[NDArray[np.float64]]] = {}
    people: dict[str, str] = {}
    for run in runs:
        for name, person, dice in zip(run.image_names, run.people, run.dice, strict=True):
            found.setdefault(name, []).append(dice)
            people[name] = person
    return _Images(dice={n: np.mean(each, axis=0) for n, each in found.items()}, people=people)


def _estimate(values: dict[str, float], people: dict[str, str]) -> Estimate:
    dice, owners = np.array(list(values.values())), [people[name] for name in values]
    if len(set(owners)) < 2:
        return Estimate(mean=float(dice.mean()), low=math.nan, high=math.nan)
    found = interval.over_people(dice, owners)
    return Estimate(mean=found.mean, low=found.low, high=found.high)
