"""How strongly the page colours a Dice: by its distance to 1, in powers."""

import math

_PALE, _FULL = 0.01, 0.5
"""Distances to 1 that are not coloured at all, and fully: from 0.99 down to 0.5.

Between them the logarithm counts: 0.98 against 0.96 matters as much as 0.8 against 0.6.
"""
LEGEND = (0.99, 0.97, 0.95, 0.9, 0.8, 0.5)


def of_dice(dice: float) -> float:
    """Strength of the colour in [0, 1] for a Dice in [0, 1]; NaN gives 0."""
    if math.isnan(dice):
        return 0.0
    distance = max(1 - dice, _PALE)
    return min(1.0, math.log(distance / _PALE) / math.log(_FULL / _PALE))
