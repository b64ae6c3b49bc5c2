"""Soft tissue: faint, but over the whole hand and wrist, the ball of the thumb included."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom.anatomy import UNIT_PX
from handseg.dataset.phantom.bone_shadow import Plane
from handseg.dataset.phantom.hand import Hand

SIDE_PX = 512
"""Soft tissue has no fine detail: it is drawn in at most this side."""
WEAKENING = 0.44
"""Of the thickest part of a mean palm."""

_FINGER_RADII = (54.0, 63.0, 74.0)
"""Half width of a finger at its tip, middle and first joint, in pixels at 2048."""
_THUMB_RADII = (64.0, 78.0)
_DEEPEST_PX = 215.0
"""Distance from the skin beyond which the hand gets no thicker."""


def thickness(hand: Hand, rng: Generator) -> Plane:
    """Return the weakening (side, side) by soft tissue, side = min(size, SIDE_PX)."""
    side = min(hand.size, SIDE_PX)
    scale = side / UNIT_PX
    filled = _fill(hand, side).astype(np.float32)
    soft = cv2.GaussianBlur(filled, (0, 0), max(13 * scale, 0.3))
    from_skin = cv2.distanceTransform((soft > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.GaussianBlur(from_skin, (0, 0), max(11 * scale, 0.3))
    body = np.sqrt(np.clip(depth / (scale * _DEEPEST_PX * hand.anatomy.scale), 0, 1))
    body = body * (1 + 0.3 * _muscles(hand, side))
    body *= 1 + 0.05 * _clouds(rng, side)
    edge = np.clip((soft - 0.5) * 3 + 0.5, 0, 1)
    return np.asarray(WEAKENING * hand.anatomy.flesh * body * edge, np.float32)


def _fill(hand: Hand, side: int) -> NDArray[np.uint8]:
    mask = np.zeros((side, side), np.uint8)
    to_side = side / hand.size
    unit = side / UNIT_PX * hand.anatomy.scale * hand.anatomy.flesh**0.6
    axes = {bone.class_id: bone.axis * to_side for bone in hand.bones}
    for finger, class_ids in bones.FINGERS.items():
        radii = _THUMB_RADII if finger == "thumb" else _FINGER_RADII
        for class_id, radius in zip(class_ids[:-1], radii, strict=True):
            base, head = axes[class_id]
            far = base + 0.72 * (head - base) if class_id == class_ids[0] else head
            _stroke(mask, np.array([base, far]), radius * unit)
    for group, radius in _palm(axes, hand, to_side):
        hull = cv2.convexHull(group.astype(np.float32))[:, 0]
        _stroke(mask, np.concatenate([hull, hull[:1]]), radius * unit)
        cv2.fillPoly(mask, [np.round(hull).astype(np.int32)], 1)
    return mask


def _palm(
    axes: dict[int, NDArray[np.float64]], hand: Hand, to_side: float
) -> list[tuple[NDArray[np.float64], float]]:
    """Return groups of points to wrap, each with the thickness of the wrapping (2048)."""

    def at(class_id: int, share: float) -> NDArray[np.float64]:
        base, head = axes[class_id]
        return np.asarray(base + share * (head - base))

    outlines = {bone.class_id: bone.outline * to_side for bone in hand.bones}
    chains = [class_ids for finger, class_ids in bones.FINGERS.items() if finger != "thumb"]
    metacarpals = np.concatenate([axes[class_ids[-1]] for class_ids in chains])
    carpals = np.concatenate([outlines[class_id][::6] for class_id in bones.CARPALS])
    forearm = np.concatenate([outlines[class_id][::4] for class_id in bones.FOREARM])
    joints = np.concatenate([outlines[class_id][:24:4] for class_id in bones.FOREARM])
    groups = [
        (np.concatenate([metacarpals, carpals]), 66.0),
        (np.concatenate([carpals, joints, [axes[18][0]]]), 60.0),
        (forearm, 74.0),
        (np.array([at(2, 0), at(2, 1), at(1, 0.25), at(6, 0.5), at(6, 0)]), 56.0),
        (np.array([at(2, 0.1), at(19, 0), at(23, 0), at(10, 0.2)]), 64.0),
        (np.array([at(18, 0.15), at(18, 0.6), at(22, 0), at(14, 0.3)]), 76.0),
    ]
    for one, other in zip(chains, chains[1:], strict=False):
        web = [at(one[-1], 0.8), at(one[-2], 0.3), at(other[-2], 0.3), at(other[-1], 0.8)]
        groups.append((np.array(web), 26.0))
    return groups


def _muscles(hand: Hand, side: int) -> Plane:
    """Return how much thicker than the rest the balls of thumb and little finger are, 0 to 1."""
    plane = np.zeros((side, side), np.float32)
    unit = side / UNIT_PX * hand.anatomy.scale
    axes = {bone.class_id: bone.axis * (side / hand.size) for bone in hand.bones}
    for one, other, strength in ((2, 6, 1.0), (18, 18, 0.6)):
        middle = 0.6 * axes[one].mean(axis=0) + 0.25 * axes[other][0] + 0.15 * axes[other][1]
        direction = np.rad2deg(np.arctan2(*(axes[one][1] - axes[one][0])[::-1]))
        size = (max(int(150 * unit), 1), max(int(95 * unit), 1))
        centre = (int(middle[0]), int(middle[1]))
        blob = np.zeros_like(plane)
        cv2.ellipse(blob, centre, size, float(direction), 0, 360, strength, -1)
        plane = np.maximum(plane, blob)
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(42 * unit, 0.3)), np.float32)


def _clouds(rng: Generator, side: int) -> Plane:
    """Return slow unevenness with unit variance."""
    total = np.zeros((side, side), np.float32)
    for cells in (9, 28):
        coarse = rng.standard_normal((cells, cells), dtype=np.float32)
        total += cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / total.std(), np.float32)


def _stroke(mask: NDArray[np.uint8], points: NDArray[np.floating], radius: float) -> None:
    """Draw a line with round ends of this radius."""
    thickness = max(1, round(2 * radius))
    cv2.polylines(mask, [np.round(points).astype(np.int32)], False, 1, thickness)
