"""Labels of the other hand: outlines where they belong, named as on the hand of the other side.

Most bones have a counterpart across the hand. With their labels exchanged the arrangement looks
like a hand of the other side, and the thumb, which has none, seems to be out of place instead.
"""

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.eda import arrangement
from handseg.eda.arrangement import Arrangement, Centres

Pairs = tuple[tuple[int, int], ...]
"""Class ids of bones that bear each other's label."""

_NAMED = (
    ("Trapezium", "Hamate"),
    ("Trapezoid", "Capitate"),
    ("Scaphoid", "Triquetrum"),
    ("Radius", "Ulna"),
)
PAIRS: Pairs = (
    (
        *zip(bones.FINGERS["index"], bones.FINGERS["little"], strict=True),
        *zip(bones.FINGERS["middle"], bones.FINGERS["ring"], strict=True),
        *((bones.CLASS_ID[one], bones.CLASS_ID[other]) for one, other in _NAMED),
    )
    if bones.IS_HAND
    else ()
)
"""Bones that stand where the other does on the other hand."""
_LEAST_EXCHANGED = 0.5
"""Part of the pairs: an annotator may leave out the wrist, or a finger that is hard to see."""
_SETTLED = 0.5
"""Part of the bones' distances that may be left when they are exchanged: on 160 synthetic hands at
most 0.24 of a hand labelled as the other, and 4 or more of one that is labelled well."""


def find(hand: Centres, usual: Arrangement) -> Pairs:
    """Say whether a hand bears the labels of the other one.

    Args:
        hand: centres of its bones as they are labelled.
        usual: the usual arrangement.

    Returns:
        The pairs that are exchanged; none where the labels are not the other hand's, and of other
        bones than a hand's.
    """
    if not PAIRS:
        return ()
    swapped = _swapped(hand, PAIRS)
    laid = arrangement.fit(swapped, usual.centres)
    apart = np.abs(laid.apply(hand) - usual.centres)
    after = np.abs(laid.apply(swapped) - usual.centres)
    # Exchanged are those that this brings nearer to their places.
    pairs = tuple(pair for pair in PAIRS if after[[*pair]].sum() < apart[[*pair]].sum())
    if len(pairs) < _LEAST_EXCHANGED * len(PAIRS):
        return ()
    is_settled = _distance(_swapped(hand, pairs), usual) < _SETTLED * _distance(hand, usual)
    return pairs if is_settled else ()


def _swapped(hand: Centres, pairs: Pairs) -> Centres:
    found = hand.copy()
    for a, b in pairs:
        found[[a, b]] = hand[[b, a]]
    return found


def _distance(hand: Centres, usual: Arrangement) -> float:
    """Mean distance of the bones from their places when the hand is laid onto the usual one."""
    laid: NDArray[np.complex128] = arrangement.fit(hand, usual.centres).apply(hand)
    return float(np.nanmean(np.abs(laid - usual.centres)))
