"""How far means over images may be off, people being what was drawn at random."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg.ensemble.choice import Interval

LEAST_PEOPLE = 5
"""Of fewer, such an interval holds the truth in at most 82 of 100 cases, of two in half of them."""
MANY_PEOPLE = 20
"""From here on it does so in 92 of 100 or more; in 80 to 92 below."""
_DRAWS = 2000
_TAILS = (2.5, 97.5)
_AT_ONCE = 1 << 18
"""Counts drawn in one go, so that memory does not grow with the number of people."""


def over_people(values: NDArray[np.float64], people: Sequence[str], *, seed: int = 0) -> Interval:
    """The mean, and the percentile bootstrap over people (Efron 1979), each with all its images.

    Args:
        values: float64 (N,), of each image.
        people: N, of each image.
        seed: of the draws.
    """
    return of_columns(values[:, None], people, seed=seed)[0]


def of_columns(
    values: NDArray[np.float64], people: Sequence[str], *, seed: int = 0
) -> list[Interval]:
    """What `over_people` says of each column, all from the same draws of people.

    Args:
        values: float64 (N, C), of each image.
        people: N, of each image.
        seed: of the draws.
    """
    _, owner = np.unique(np.asarray(people), return_inverse=True)
    counts = np.bincount(owner).astype(np.float64)
    sums = np.zeros((len(counts), values.shape[1]))
    np.add.at(sums, owner, values)
    lows, highs = np.percentile(_means(sums, counts, seed), _TAILS, axis=0)
    return [
        Interval(mean=float(column.mean()), low=float(low), high=float(high))
        for column, low, high in zip(values.T, lows, highs, strict=True)
    ]


def _means(
    sums: NDArray[np.float64], counts: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Means over the images of people drawn anew, float64 (draws, C), from what people add up."""
    random, number = np.random.default_rng(seed), len(counts)
    found = np.empty((_DRAWS, sums.shape[1]))
    step = max(1, _AT_ONCE // number)
    for first in range(0, _DRAWS, step):
        size = min(step, _DRAWS - first)
        drawn = random.multinomial(number, [1 / number] * number, size=size).astype(np.float64)
        found[first : first + size] = (drawn @ sums) / (drawn @ counts)[:, None]
    return found
