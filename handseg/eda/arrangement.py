"""Where bones lie to each other: the usual arrangement, and how far a bone is from its place in it.

A bone's place is foretold from its neighbours alone, by the similarity that lays the usual
arrangement onto them, a left hand's mirrored: so neither the pose of the whole nor a neighbour with
a wrong label moves it much. Distances are in hand sizes, the root mean square distance of its bones
from their mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg import bones

Centres = NDArray[np.complex128]
"""(bones,): x + i y of each bone's centre, NaN where it is missing."""

SIZES = "hand sizes" if bones.IS_HAND else "times the size of all bones"
"""What distances are in, after a number."""
_NEIGHBOURS = 8
_ROUNDS = 5
_NEAR = 0.03
"""In hand sizes: nearer than this all weigh alike."""
_LEAST_BONES = 3


@dataclass(frozen=True)
class Fit:
    """A similarity z -> a z + b, or of the mirrored z."""

    factor: complex
    shift: complex
    is_mirrored: bool

    def apply(self, points: Centres) -> Centres:
        """Map points."""
        return self.factor * (np.conj(points) if self.is_mirrored else points) + self.shift


@dataclass(frozen=True, eq=False)
class Arrangement:
    """The usual arrangement of the bones."""

    centres: Centres
    neighbours: NDArray[np.intp]
    """(bones, 8): class ids of each bone's nearest ones."""


def usual(hands: Sequence[Centres]) -> Arrangement:
    """The arrangement that most of some hands share.

    Args:
        hands: centres of each hand; at least one.
    """
    # Of the hands the fullest, since all are laid onto it first.
    reference = _normalised(max(hands, key=lambda hand: np.isfinite(hand).sum()))
    for _ in range(_ROUNDS):
        laid = np.array([fit(hand, reference).apply(hand) for hand in hands])
        reference = _normalised(_median(laid, reference))
    apart = np.abs(reference[:, None] - reference[None])
    return Arrangement(reference, np.argsort(apart, axis=1)[:, 1 : _NEIGHBOURS + 1])


def _median(laid: NDArray[np.complex128], before: Centres) -> Centres:
    """Median of each bone over the hands that have it; where none has, what it was."""
    there = np.isfinite(laid).any(axis=0)
    middle = before.copy()
    middle[there] = np.nanmedian(laid.real[:, there], axis=0) + 1j * np.nanmedian(
        laid.imag[:, there], axis=0
    )
    return middle


def _normalised(centres: Centres) -> Centres:
    centred = centres - np.nanmean(centres)
    return np.asarray(centred / np.sqrt(np.nanmean(np.abs(centred) ** 2)))


def fit(points: Centres, onto: Centres, *, is_mirrored: bool | None = None) -> Fit:
    """Lay points onto others, those that fit badly counting little.

    Args:
        points: as they are.
        onto: where each should come to lie, on a scale near 1.
        is_mirrored: whether they are mirrored first; None takes what fits better.
    """
    both = np.isfinite(points) & np.isfinite(onto)
    sides = (False, True) if is_mirrored is None else (is_mirrored,)
    fits = [_robust(points[both], onto[both], side) for side in sides]
    return min(fits, key=lambda one: float(np.abs(one.apply(points[both]) - onto[both]).sum()))


def _robust(points: Centres, onto: Centres, is_mirrored: bool) -> Fit:
    source = np.conj(points) if is_mirrored else points
    weights = np.ones(len(points))
    found = Fit(1.0, 0.0, is_mirrored)
    for _ in range(_ROUNDS):
        middle, target = np.average(source, weights=weights), np.average(onto, weights=weights)
        spread = float((weights * np.abs(source - middle) ** 2).sum())
        product = (weights * np.conj(source - middle) * (onto - target)).sum()
        factor = complex(product / spread) if spread else 1.0 + 0j
        found = Fit(factor, complex(target - factor * middle), is_mirrored)
        weights = 1 / np.maximum(np.abs(found.apply(points) - onto), _NEAR)
    return found


def is_mirrored(hand: Centres, usual: Arrangement) -> bool:
    """Whether a hand is of the other side than the usual arrangement."""
    return fit(hand, usual.centres).is_mirrored


def residuals(hand: Centres, usual: Arrangement) -> NDArray[np.float64]:
    """How far each bone is from where its neighbours put it.

    Returns:
        float64 (bones,) in hand sizes; NaN for a bone that is missing, or has under 3 neighbours.
    """
    mirrored = is_mirrored(hand, usual)
    found = np.full(len(hand), np.nan)
    for bone, around in enumerate(usual.neighbours):
        there = around[np.isfinite(hand[around])]
        if len(there) < _LEAST_BONES or not np.isfinite(hand[bone]):
            continue
        # Onto the usual arrangement, so that distances are in hand sizes.
        laid = fit(hand[there], usual.centres[there], is_mirrored=mirrored)
        found[bone] = abs(laid.apply(hand[[bone]])[0] - usual.centres[bone])
    return found
