"""Arms compared: mean Dice, and paired differences with intervals from resampled people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg.experiments.results import RunScores

RESAMPLES = 10_000
LEVEL = 0.95
"""Part of the resamples that an interval holds."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over images, with its interval."""

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
    seeds = sorted({r.seed for r in runs if r.seed is not None} & {r.seed for r in base})
    return Difference(
        dice=_estimate({name: float(c.mean()) for name, c in changes.items()}, mine.people),
        per_bone=np.mean(list(changes.values()), axis=0),
        by_seed={seed: _of_seed(runs, base, seed) for seed in seeds} if len(seeds) > 1 else {},
        images=len(shared),
        people=len({mine.people[name] for name in shared}),
    )


def _of_seed(runs: Sequence[RunScores], base: Sequence[RunScores], seed: int) -> float:
    mine = _averaged(run for run in runs if run.seed == seed).dice
    theirs = _averaged(run for run in base if run.seed == seed).dice
    return float(np.mean([mine[name] - theirs[name] for name in mine if name in theirs]))


def _averaged(runs: Iterable[RunScores]) -> _Images:
    found: dict[str, list[NDArray[np.float64]]] = {}
    people: dict[str, str] = {}
    for run in runs:
        for name, person, dice in zip(run.image_names, run.people, run.dice, strict=True):
            found.setdefault(name, []).append(dice)
            people[name] = person
    return _Images(dice={n: np.mean(each, axis=0) for n, each in found.items()}, people=people)


def _estimate(values: dict[str, float], people: dict[str, str]) -> Estimate:
    low, high = interval(list(values.values()), [people[name] for name in values])
    return Estimate(mean=float(np.mean(list(values.values()))), low=low, high=high)


def interval(
    values: Sequence[float], people: Sequence[str], *, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap of a mean, people drawn with replacement and their images with them.

    Images of one person are alike, so that drawing images would promise too much.

    Args:
        values: of each image.
        people: of each image, in the same order.
        seed: of the draws; the same seed gives the same interval.

    Returns:
        Lower and upper end of the `LEVEL` interval; NaN where there are fewer than two people.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; clusters as in
        Davison and Hinkley 1997, section 3.8.
    """
    who, index = np.unique(np.asarray(people), return_inverse=True)
    if len(who) < 2:
        return float("nan"), float("nan")
    sums = np.bincount(index, weights=np.asarray(values, np.float64))
    counts = np.bincount(index)
    drawn = np.random.default_rng(seed).multinomial(
        len(who), np.full(len(who), 1 / len(who)), size=RESAMPLES
    )
    means = (drawn @ sums) / (drawn @ counts)
    low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
