"""Which people have a tilted wrist, a rotated hand or a ring: fixed shares, not coin flips."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator, SeedSequence

Part = Literal["train", "test"]

TILTED_SHARE: dict[Part, float] = {"train": 0.11, "test": 0.58}
"""Share of people whose wrist is bent to the side, counted on the real data: its main shift."""
RING_SHARE = 0.08
ROTATED_BLOCK = (2, 25)
"""This many people in a row of so many have hands rotated by 30 to 45 degrees."""

# Steps of a Kronecker sequence: any run of people holds each share to within one person or two,
# and neither period shows up in the folds.
_TILT_STEP = (5**0.5 - 1) / 2
_RING_STEP = 2**0.5 - 1


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is decided for a person before anything is drawn."""

    is_tilted: bool
    is_rotated: bool
    has_ring: bool


def generator(seed: int, part: Part, *key: int) -> Generator:
    """Return the randomness of one person (or other thing) of one part of one data set."""
    return np.random.default_rng(SeedSequence([seed, ("train", "test").index(part), *key]))


def traits_of(seed: int, part: Part, person: int) -> Traits:
    """Return the traits of the person of this 0-based number; needs no other person."""
    tilt_phase, ring_phase, block_phase = generator(seed, part).random(3)
    shown, period = ROTATED_BLOCK
    return Traits(
        is_tilted=(tilt_phase + person * _TILT_STEP) % 1 < TILTED_SHARE[part],
        is_rotated=(person + int(block_phase * period)) % period < shown,
        has_ring=(ring_phase + person * _RING_STEP) % 1 < RING_SHARE,
    )
