"""How much each bone weakens the rays: a bright cortex around a darker, textured inside."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom.anatomy import UNIT_PX
from handseg.dataset.phantom.hand import Bone, Hand
from handseg.dataset.phantom.outlines import Curve

Plane = NDArray[np.float32]

TILE_PX = 512
"""Side of the texture, which repeats."""
SHAFT_CORTEX = 0.32
END_CORTEX_PX = 3.2
"""Thickness of the cortex: in half widths in the middle of a shaft, in pixels (2048) elsewhere."""
MARROW, SPONGE = 0.1, 0.34
"""Weakening inside a shaft's canal and inside bone ends and carpals, against cortex."""
WEAKENING = 0.0255
"""Of a pixel (2048) of cortex, so that bone is two to four times as bright as soft tissue."""
FOREARM_SHARE = 0.8
"""Of that in radius and ulna, which are flatter than they are wide."""
_EDGE_PX = 2


@dataclass(frozen=True, kw_only=True)
class Texture:
    """Trabeculae, unit variance, repeating; y is the direction in which they run."""

    fine: Plane
    coarse: Plane
    strength: float


def sample_texture(rng: Generator) -> Texture:
    """Draw the trabecular texture of one hand."""
    noise = rng.standard_normal((TILE_PX, TILE_PX), dtype=np.float32)
    width = rng.uniform(1.1, 1.8)
    fine = _unit(_repeating_blur(noise, width, width * 2.6))
    fine -= 0.6 * _unit(_repeating_blur(noise.T.copy(), 2 * width, 2 * width))
    coarse = _unit(_repeating_blur(noise[::-1].copy(), 9, 14))
    return Texture(fine=_unit(fine), coarse=coarse, strength=float(rng.uniform(0.07, 0.17)))


def cast(hand: Hand, texture: Texture) -> Plane:
    """Return the weakening (size, size) of all bones and sesamoids: the logarithm of rays lost."""
    plane = np.zeros((hand.size, hand.size), np.float32)
    for bone in hand.bones:
        _add(plane, hand, bone, texture)
    for outline in hand.sesamoids:
        middle = outline.mean(axis=0)
        small = Bone(
            class_id=-1, outline=outline, annotated=outline, axis=np.array([middle, middle])
        )
        _add(plane, hand, small, texture)
    return plane


def _add(plane: Plane, hand: Hand, bone: Bone, texture: Texture) -> None:
    low = np.maximum(np.floor(bone.outline.min(axis=0)).astype(int) - _EDGE_PX, 0)
    high = np.minimum(np.ceil(bone.outline.max(axis=0)).astype(int) + _EDGE_PX + 1, hand.size)
    scale = hand.size / UNIT_PX
    width, height = high - low
    depth = _depth(bone.outline - low, height=height, width=width) / np.float32(scale)
    across, along = _own_coordinates(bone, low, scale, height=height, width=width)
    length = float(np.linalg.norm(bone.axis[1] - bone.axis[0])) / scale
    if length < 1:
        radius = np.full_like(depth, depth.max() * 1.12)
        end = np.ones_like(depth)
    else:
        radius = _radius(bone, scale, along)
        end = _end_share(bone.class_id, along, length, float(radius.mean()))
    shadow = _tube(depth, radius, end, hand.anatomy.cortex)
    grain = cv2.remap(
        texture.fine + 0.35 * texture.coarse,
        across,
        along,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    shadow *= 1 + texture.strength * (0.25 + 0.75 * end) * grain
    thin = FOREARM_SHARE if bone.class_id in bones.FOREARM else 1.0
    weakening = np.float32(WEAKENING * hand.anatomy.density * thin)
    plane[low[1] : high[1], low[0] : high[0]] += weakening * np.maximum(shadow, 0)


def _depth(outline: Curve, *, height: int, width: int) -> Plane:
    """Return each pixel's distance from the outline, 0 outside, without creases."""
    mask = np.zeros((height, width), np.uint8)
    fixed = np.round(outline * 16).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, 4)
    inside = (mask > 127).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    edge = mask.astype(np.float32) / 255
    smooth = cv2.GaussianBlur(depth, (0, 0), 0.8)
    return np.asarray(np.where(depth > 1.5, smooth, 0.7 * depth) * edge, np.float32)


def _own_coordinates(
    bone: Bone, low: NDArray[np.int_], scale: float, *, height: int, width: int
) -> tuple[Plane, Plane]:
    """Return pixels (2048) across and along the bone's axis, from its base."""
    axis = bone.axis[1] - bone.axis[0]
    length = np.linalg.norm(axis)
    up = axis / length if length > scale else np.array([0.3, -0.95])
    x = (np.arange(width) + low[0] - bone.axis[0, 0]) / scale
    y = (np.arange(height) + low[1] - bone.axis[0, 1]) / scale
    along = y[:, None] * up[1] + x * up[0]
    across = x * -up[1] + y[:, None] * up[0]
    # Each bone meets another piece of the texture.
    return (across + 61 * bone.class_id).astype(np.float32), along.astype(np.float32)


def _radius(bone: Bone, scale: float, along: Plane) -> Plane:
    """Return the bone's half width at each pixel's place along the axis, in pixels (2048)."""
    axis = bone.axis[1] - bone.axis[0]
    up = axis / np.linalg.norm(axis)
    points = (bone.outline - bone.axis[0]) / scale
    y, x = points @ up, points @ np.array([-up[1], up[0]])
    bins = np.linspace(y.min(), y.max(), 41)
    middle = np.median(x)
    widths = []
    for side in (x > middle, x <= middle):
        order = np.argsort(y[side])
        widths.append(np.interp(bins, y[side][order], x[side][order]))
    half = np.abs(widths[0] - widths[1]) / 2
    half = np.convolve(np.pad(half, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    # Looked up by step: interpolating for every pixel would cost more than all else here.
    step = (along - np.float32(bins[0])) * np.float32(40 / (bins[-1] - bins[0]))
    fine = np.interp(np.linspace(0, 40, 801), np.arange(41), half).astype(np.float32)
    found: Plane = fine[np.clip(step * 20, 0, 800).astype(np.int16)]
    return found


def _end_share(class_id: int, along: Plane, length: float, radius: float) -> Plane:
    """Return 1 in the spongy ends of a bone, 0 in the middle of its shaft."""
    if class_id in bones.FOREARM:
        share = np.clip(1.1 - along / np.float32(4.2 * radius), 0, 1)
    else:
        reach = np.float32(min(2.1 * radius, 0.42 * length))
        share = np.clip(1.12 - np.minimum(along, length - along) / reach, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _tube(depth: Plane, radius: Plane, end: Plane, cortex: float) -> Plane:
    """Return the cortex that a ray meets, in pixels (2048), through a round hollow bone."""
    radius = np.maximum(radius, depth)
    wall = END_CORTEX_PX + (1 - end) * (SHAFT_CORTEX * radius - END_CORTEX_PX)
    wall = np.minimum(wall * np.float32(cortex), radius)
    outer = np.sqrt(depth * (2 * radius - depth))
    inside = np.maximum(depth - wall, 0)
    inner = np.sqrt(inside * (2 * (radius - wall) - inside).clip(0))
    filling = np.float32(MARROW) + end * np.float32(SPONGE - MARROW)
    return np.asarray(outer - inner + filling * inner, np.float32)


def _repeating_blur(noise: Plane, width: float, height: float) -> Plane:
    padded = cv2.copyMakeBorder(noise, 64, 64, 64, 64, cv2.BORDER_WRAP)
    blurred = cv2.GaussianBlur(padded, (0, 0), sigmaX=width, sigmaY=height)
    return np.ascontiguousarray(blurred[64:-64, 64:-64], np.float32)


def _unit(plane: Plane) -> Plane:
    return np.asarray((plane - plane.mean()) / plane.std(), np.float32)
