"""How a hand lies on the detector: spread of the fingers, bend of the wrist, place and side."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom.traits import Traits

TILT_DEGREES = (14.0, 32.0)
"""Range of the angle between hand and forearm in tilted wrists."""
STRAIGHT_DEGREES = 8.0
"""Largest such angle in the others."""
ROTATION_DEGREES = (30.0, 45.0)
"""Range of the angle between hand and image in rotated hands."""

_FANNED = np.array([0.0, -9.0, -2.0, 6.5, 16.0])
_LEAST_OPENING = -1.0
"""Smallest angle between neighbouring fingers, in degrees: below it they would cross."""


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Angles in degrees, clockwise on the screen, of a right hand with its fingers up."""

    is_left: bool
    fingers: NDArray[np.float64]
    """(5,) direction of the proximal phalanges, thumb to little finger."""
    bends: NDArray[np.float64]
    """(29,) sidewise turn of each finger bone against the one before it (the phalanges only)."""
    thumb: float
    """Direction of the thumb's metacarpal against its mean."""
    splay: float
    """Fan of the metacarpals against the mean."""
    tilt: float
    """Turn of the forearm against the hand, positive when the hand bends to the little finger."""
    rotation: float
    """Turn of hand and forearm in the image."""
    place: NDArray[np.float64]
    """(2,) where the hand lies within its room (x, y): 0 to 1 is the usual range."""


def sample_pose(rng: Generator, traits: Traits) -> Pose:
    """Draw the pose of a person's right hand."""
    fingers = _FANNED * rng.uniform(0.25, 1.7) + rng.normal(0, 2.2, 5)
    fingers[0] = rng.normal(-27, 9)
    tilt = rng.uniform(*TILT_DEGREES) if traits.is_tilted else rng.normal(1, 3.2)
    if not traits.is_tilted:
        tilt = np.clip(tilt, -STRAIGHT_DEGREES, STRAIGHT_DEGREES)
    elif rng.random() < 0.15:
        tilt = -min(tilt, 22.0)  # a hand bends less far to the thumb's side
    rotation = rng.normal(0, 4) + tilt * (rng.uniform(-0.1, 0.7) if traits.is_tilted else 0)
    if traits.is_rotated:
        rotation = rng.uniform(*ROTATION_DEGREES) * (1 if rng.random() < 0.7 else -1)
    return Pose(
        is_left=False,
        fingers=_keep_apart(fingers),
        bends=rng.normal(0, 2.0, bones.COUNT),
        thumb=float(np.clip(rng.normal(0, 7), -18, 14)),
        splay=float(rng.uniform(0.8, 1.2)),
        tilt=float(tilt),
        rotation=float(rotation),
        place=rng.random(2),
    )


def vary_pose(pose: Pose, rng: Generator, *, is_left: bool) -> Pose:
    """Return the same pose as one of the person's two hands took it."""
    limit = STRAIGHT_DEGREES if abs(pose.tilt) <= STRAIGHT_DEGREES else TILT_DEGREES[1]
    least = 0.0 if abs(pose.tilt) <= STRAIGHT_DEGREES else TILT_DEGREES[0]
    size = np.clip(abs(pose.tilt) + rng.normal(0, 1.5), least, limit)
    return replace(
        pose,
        is_left=is_left,
        fingers=_keep_apart(pose.fingers + rng.normal(0, 1.5, 5)),
        bends=pose.bends + rng.normal(0, 0.8, bones.COUNT),
        thumb=pose.thumb + float(rng.normal(0, 2.5)),
        tilt=float(np.copysign(size, pose.tilt)),
        rotation=pose.rotation + float(rng.normal(0, 2)),
        place=np.clip(pose.place + rng.normal(0, 0.1, 2), 0, 1),
    )


def _keep_apart(fingers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Open fingers that would cross their neighbour; the thumb (the first) stays."""
    kept = fingers.copy()
    kept[1] = min(kept[1], kept[2] - _LEAST_OPENING)
    for i in (3, 4):
        kept[i] = max(kept[i], kept[i - 1] + _LEAST_OPENING)
    return kept
