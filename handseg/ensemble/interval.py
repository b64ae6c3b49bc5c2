"""How far a mean over images may be off, people being what was drawn at random."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg.ensemble.choice import Interval

_DRAWS = 2000
_TAILS = (2.5, 97.5)


def over_people(values: NDArray[np.float64], people: Sequence[str], *, seed: int = 0) -> Interval:
    """The mean, and the percentile bootstrap over people (Efron 1979), each with all its images.

    Args:
        values: float64 (N,), of each image.
        people: N, of each image.
        seed: of the draws.
    """
    _, owner = np.unique(np.asarray(people), return_inverse=True)
    counts = np.bincount(owner).astype(np.float64)
    sums = np.bincount(owner, weights=values)
    number = len(counts)
    drawn = np.random.default_rng(seed).multinomial(number, [1 / number] * number, size=_DRAWS)
    means = (drawn @ sums) / (drawn @ counts)
    low, high = np.percentile(means, _TAILS)
    return Interval(mean=float(values.mean()), low=float(low), high=float(high))
