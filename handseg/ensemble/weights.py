"""The members' weights in the vote."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.inference.store import StoreCard

UNITS = 65_520
"""What the weights add up to as whole numbers, up to rounding.

Below 2**24 / 255, so that a float32 sum of weighted values in 255ths is exact, whatever the
order of the members; and divisible by 1 to 10, 12 to 16, 18, 20 and 21, so that whole weights
whose sum is one of these keep their exact ratios.
"""


def resolve(given: Sequence[float] | None, cards: Sequence[StoreCard]) -> list[float]:
    """Take the weights given, or each member's validation Dice.

    Args:
        given: one for each store, or None.
        cards: of the stores, in the same order.

    Raises:
        BadInput: another count, a weight that is negative, infinite or NaN, no weight above 0, or
            a member without validation Dice.
    """
    if given is None:
        return [_validation_dice(card) for card in cards]
    if len(given) != len(cards):
        raise BadInput(
            f"weights: {len(given)} for {len(cards)} stores; give one for each store, or none"
        )
    for weight, card in zip(given, cards, strict=True):
        if not math.isfinite(weight) or weight < 0:
            raise BadInput(f"weights: {weight} for {card.member}; give finite numbers of 0 or more")
    if not any(given):
        raise BadInput(f"weights: all of {list(given)} are 0; give at least one above 0")
    return list(given)


def _validation_dice(card: StoreCard) -> float:
    if card.dice is None or not 0 < card.dice <= 1:
        raise BadInput(
            f"member {card.member}: its validation Dice is {card.dice}, not a weight above 0; "
            "give --weights, one for each store"
        )
    return card.dice


def in_units(weights: Sequence[float]) -> NDArray[np.float32]:
    """Turn weights into whole numbers that add up to about `UNITS`.

    Args:
        weights: finite, 0 or more, not all 0; one that is less than a 131,040th of their sum has
            no vote.

    Returns:
        float32 (M,), whole numbers.
    """
    shares = np.asarray(weights, np.float64) / math.fsum(weights)
    # Rounded twice, so that halves stay halves when all weights are scaled by a float.
    return np.rint(np.round(shares * UNITS, 3)).astype(np.float32)
