"""What a radiograph shows besides the hand: ground, collimation, a marker, a ring."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom.anatomy import UNIT_PX
from handseg.dataset.phantom.bone_shadow import Plane
from handseg.dataset.phantom.hand import Hand

COLLIMATED_SHARE = 0.35
BRIGHT_EDGE_SHARE = 0.2
MARKED_SHARE = 0.75
"""Shares of images with visible collimation, with bright edges, with a side marker."""
RINGED_HAND_SHARE = 0.65
"""Share of the hands with a ring, of people who wear one."""
PINNED_SHARE = 0.02
"""Share of images with a metal pin in a finger bone."""


def add_ring(weakening: Plane, hand: Hand, rng: Generator) -> None:
    """Put a metal ring around one of the long fingers."""
    names = ("middle", "ring", "ring", "index")
    proximal = bones.FINGERS[names[int(rng.integers(len(names)))]][2]
    base, head = hand.bones[proximal].axis
    scale = hand.size / UNIT_PX * hand.anatomy.scale
    centre = base + (head - base) * rng.uniform(0.35, 0.55)
    across = np.rad2deg(np.arctan2(*(head - base)[::-1])) + 90
    axes = (max(int(60 * scale), 2), max(int(rng.uniform(9, 20) * scale), 1))
    band = max(int(rng.uniform(12, 24) * scale), 1)
    metal = np.zeros_like(weakening, dtype=np.uint8)
    place = (int(centre[0]), int(centre[1]))
    cv2.ellipse(metal, place, axes, float(across), 0, 360, 1, band)
    weakening[metal > 0] += 5


def add_pin(weakening: Plane, hand: Hand, rng: Generator) -> None:
    """Put a metal pin into a finger bone, askew."""
    base, head = hand.bones[int(rng.integers(19))].axis
    width = max(1, round(rng.uniform(5, 9) * hand.size / UNIT_PX))
    ends = base + np.outer(rng.uniform((-0.1, 0.7), (0.3, 1.1)), head - base)
    ends += rng.normal(0, 0.05, (2, 2)) * np.linalg.norm(head - base)
    metal = np.zeros(weakening.shape, np.uint8)
    cv2.polylines(metal, [np.round(ends).astype(np.int32)], False, 1, width)
    weakening[metal > 0] += 4


def frame(bright: Plane, hand: Hand, rng: Generator) -> None:
    """Raise the ground a little, close the collimator around the hand, light its edges."""
    bright += (1 - bright) * np.float32(rng.uniform(0, 0.07))
    is_collimated, has_edges = rng.random(2) < (COLLIMATED_SHARE, BRIGHT_EDGE_SHARE)
    size, scale = hand.size, hand.size / UNIT_PX
    points = np.concatenate([bone.annotated for bone in hand.bones])
    room = np.array([points.min(axis=0), size - 1 - points.max(axis=0)])
    if is_collimated:
        margins = (room - 20 * scale).clip(0) * rng.uniform(0.1, 0.9, (2, 2))
        left, top = np.round(margins[0]).astype(int)
        right, bottom = size - np.round(margins[1]).astype(int)
        outside = np.float32(rng.choice([0.0, 0.0, 0.3]))
        for band in (bright[:top], bright[bottom:], bright[:, :left], bright[:, right:]):
            band *= outside
        if rng.random() < 0.4:
            line = max(1, round(rng.uniform(2, 6) * scale))
            level = float(rng.uniform(0.25, 0.9))
            cv2.rectangle(bright, (left, top), (right, bottom), level, line)
    if has_edges:
        brightness = np.float32(rng.uniform(0.3, 1.0))
        for side in np.flatnonzero(rng.random(4) < 0.5):
            width = round(min(rng.uniform(8, 70) * scale, float(room.T.ravel()[side]) * 0.7))
            sides = (bright[:, :width], bright[:, size - width :], bright[:width], bright[-width:])
            if width > 0:
                np.maximum(sides[side], brightness, out=sides[side])


def mark(bright: Plane, tissue: NDArray[np.bool_], hand: Hand, rng: Generator) -> None:
    """Lay a lead letter beside the hand, where there is room for it.

    Args:
        bright: (size, size), changed in place.
        tissue: (side, side), true where the hand lies.
        hand: says which letter.
        rng: of this image.
    """
    if rng.random() >= MARKED_SHARE:
        return
    side = max(int(rng.uniform(110, 190) * hand.size / UNIT_PX), 6)
    stamp = _stamp("L" if hand.pose.is_left else "R", side, rng)
    ratio = tissue.shape[0] / hand.size
    for _ in range(12):
        x, y = rng.integers(0, hand.size - side, 2)
        left, top = int(x * ratio), int(y * ratio)
        reach = int(side * ratio) + 2
        if not tissue[top : top + reach, left : left + reach].any():
            view = bright[y : y + side, x : x + side]
            np.maximum(view, stamp, out=view)
            return


def _stamp(letter: str, side: int, rng: Generator) -> Plane:
    lead = np.zeros((side, side), np.uint8)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(side * rng.uniform(0.06, 0.13)))
    (width, height), _ = cv2.getTextSize(letter, font, 1, thickness)
    scale = 0.55 * side / max(width, height)
    corner = (int((side - width * scale) / 2), int((side + height * scale) / 2))
    cv2.putText(lead, letter, corner, font, scale, 255, thickness, cv2.LINE_AA)
    style = rng.integers(3)
    if style == 1:
        cv2.circle(lead, (side // 2, side // 2), int(side * 0.46), 255, max(1, thickness // 2))
    elif style == 2:
        lead = np.maximum(lead, np.uint8(64))
    stamp = lead.astype(np.float32) / 255
    if rng.random() < 0.2:
        stamp = stamp[:, ::-1].copy()
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.normal(0, 12)), 0.92)
    turned = cv2.warpAffine(stamp, turn, (side, side))
    return np.asarray(turned * np.float32(rng.uniform(0.6, 1.0)), np.float32)
