"""A hand as the detector sees it: exposure, blur, noise, and what lies around the hand."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg.dataset.phantom import bone_shadow, flesh, rims, surroundings
from handseg.dataset.phantom.anatomy import UNIT_PX
from handseg.dataset.phantom.bone_shadow import Plane
from handseg.dataset.phantom.hand import Hand


def render(hand: Hand, rng: Generator) -> NDArray[np.uint8]:
    """Return the radiograph, uint8 (size, size).

    Args:
        hand: the bones in the image.
        rng: of this image; exposure, noise, marker and edges are drawn from it.
    """
    exposure = rng.uniform(0.62, 1.06), rng.uniform(0.78, 1.08)
    tissue = flesh.thickness(hand, rng)
    side = (hand.size, hand.size)
    weakening = bone_shadow.cast(hand, bone_shadow.sample_texture(rng))
    weakening += np.asarray(cv2.resize(tissue, side, interpolation=cv2.INTER_LINEAR), np.float32)
    rims.add_rims(weakening, hand, rng)
    if hand.traits.has_ring and rng.random() < surroundings.RINGED_HAND_SHARE:
        surroundings.add_ring(weakening, hand, rng)
    if rng.random() < surroundings.PINNED_SHARE:
        surroundings.add_pin(weakening, hand, rng)
    bright = _expose(weakening, *exposure)
    surroundings.frame(bright, hand, rng)
    surroundings.mark(bright, tissue > 0, hand, rng)
    return _detect(bright, hand.size / UNIT_PX, rng)


def _expose(weakening: Plane, gain: float, contrast: float) -> Plane:
    """Return brightness 0 to 1: linear for little weakening, saturating for much."""
    bright = cv2.exp(weakening * np.float32(-gain))
    return np.asarray(cv2.pow(np.maximum(1 - bright, 0), contrast), np.float32)


def _detect(bright: Plane, scale: float, rng: Generator) -> NDArray[np.uint8]:
    """Blur by focus and screen, add quantum noise, and count in 256 levels."""
    sigma = float(rng.uniform(0.9, 2.0)) * scale
    blurred = np.asarray(cv2.GaussianBlur(bright, (0, 0), max(sigma, 0.2)), np.float32)
    noise = rng.standard_normal(bright.shape, dtype=np.float32)
    grain = float(rng.uniform(0.3, 0.7))
    noise = np.asarray(cv2.GaussianBlur(noise, (3, 3), grain), np.float32)
    level = np.float32(rng.uniform(0.006, 0.018) * (1 + grain))
    blurred += noise * level * (blurred + np.float32(0.12))
    return np.asarray(cv2.convertScaleAbs(np.clip(blurred, 0, 1), alpha=255), np.uint8)
