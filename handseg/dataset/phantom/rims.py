"""Bright lines inside bones: edges seen end on that are nobody's outline.

The rims of joint surfaces and the hook of the hamate cross the carpals in every radiograph; a
network that took each bright line for an outline would be lost there.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom import outlines
from handseg.dataset.phantom.anatomy import UNIT_PX
from handseg.dataset.phantom.bone_shadow import WEAKENING, Plane
from handseg.dataset.phantom.hand import Hand
from handseg.dataset.phantom.outlines import Curve

HAMATE = bones.CLASS_ID["Hamate"]
METACARPALS = tuple(class_ids[-1] for class_ids in bones.FINGERS.values())
WRIST = (*bones.CARPALS, *bones.FOREARM)
_CORTEX_PX = 13.0
"""Cortex that a ray along a rim meets, in pixels at 2048."""
_FRACTION_BITS = 4


def add_rims(weakening: Plane, hand: Hand, rng: Generator) -> None:
    """Add the rims of the wrist's bones, the finger joints' and the hamate's hook."""
    scale = hand.size / UNIT_PX
    lines = [(_rim(hand, class_id, rng), rng.uniform(0.25, 0.8)) for class_id in WRIST]
    for class_ids in bones.FINGERS.values():
        lines += [(_rim(hand, class_id, rng), rng.uniform(0.2, 0.6)) for class_id in class_ids]
    lines.append((_hook(hand, rng), rng.uniform(0.5, 1.1)))
    for line, strength in lines:
        _draw(weakening, line, scale, float(strength) * _CORTEX_PX * hand.anatomy.density)


def _rim(hand: Hand, class_id: int, rng: Generator) -> Curve:
    """Return part of the outline, drawn in towards the bone's middle."""
    bone = hand.bones[class_id]
    count = len(bone.outline)
    if class_id in bones.CARPALS:
        middle, reach = bone.outline.mean(axis=0), 0.78
        first, length = int(rng.integers(count)), int(count * rng.uniform(0.3, 0.65))
    elif class_id in bones.FOREARM:
        middle, reach = bone.axis.mean(axis=0), 0.955
        first, length = 4, 36
    else:
        # A finger bone's outline begins with its base: at its middle, or at a metacarpal's corner.
        middle, reach = bone.axis[1], float(rng.uniform(0.92, 0.965))
        first, length = (16, 36) if class_id in METACARPALS else (-20, 40)
    part = np.take(bone.outline, np.arange(first, first + length), axis=0, mode="wrap")
    drawn_in: Curve = middle + (part - middle) * (reach + rng.normal(0, 0.02))
    return drawn_in


def _hook(hand: Hand, rng: Generator) -> Curve:
    middle = hand.bones[HAMATE].outline.mean(axis=0)
    scale = hand.size / UNIT_PX * hand.anatomy.scale
    phase = np.linspace(0, rng.uniform(4.5, 6.28), 20)
    oval = np.stack([rng.uniform(11, 18) * np.cos(phase), rng.uniform(15, 25) * np.sin(phase)])
    turned = outlines.turn(oval.T, float(rng.uniform(0, 180)), (0.0, 0.0))
    hook: Curve = middle + scale * (turned + rng.normal(0, 6, 2))
    return hook


def _draw(weakening: Plane, line: Curve, scale: float, cortex_px: float) -> None:
    low = np.maximum(np.floor(line.min(axis=0) - 12 * scale - 2).astype(int), 0)
    high = np.minimum(np.ceil(line.max(axis=0) + 12 * scale + 2).astype(int), len(weakening))
    if (high <= low).any():
        return
    columns, rows = high - low
    drawn: NDArray[np.uint8] = np.zeros((rows, columns), np.uint8)
    points = np.round((line - low) * 2**_FRACTION_BITS).astype(np.int32)
    width = max(1, round(5 * scale))
    cv2.polylines(drawn, [points], False, 255, width, cv2.LINE_AA, _FRACTION_BITS)
    # A line thinner than a pixel is drawn a pixel wide, so it is made fainter.
    strength = WEAKENING * cortex_px * min(1.0, 5 * scale) / 255
    soft = cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), max(2.5 * scale, 0.3))
    weakening[low[1] : high[1], low[0] : high[0]] += soft * np.float32(strength)
