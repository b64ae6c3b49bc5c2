"""Bones mistaken for each other, counted in pixels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg.masks import dice, rle

Counts = NDArray[np.int64]
"""int64 (29, 29), in the official order: true bones by row, predicted ones by column."""


def counts(predicted: Sequence[rle.Runs], truth: Sequence[rle.Runs]) -> Counts:
    """Count a prediction's right and mistaken pixels.

    Args:
        predicted: 29 runs in the official order.
        truth: those of the annotation.

    Returns:
        On the diagonal the pixels found; beside it the pixels of one bone that were predicted as
        another, beyond those that the two share in truth, since bones overlap.
    """
    found = np.zeros((len(truth), len(predicted)), np.int64)
    for a, true in enumerate(truth):
        for b, guess in enumerate(predicted):
            shared = dice.intersection(true, guess) if _near(true, guess) else 0
            if a != b and shared:
                shared = max(0, shared - dice.intersection(true, truth[b]))
            found[a, b] = shared
    return found


def _near(one: rle.Runs, other: rle.Runs) -> bool:
    return bool(len(one) and len(other) and one[0, 0] < other[-1, 1] and other[0, 0] < one[-1, 1])
