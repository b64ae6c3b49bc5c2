"""Outlines of single bones: smooth closed curves through varied control points."""

import cv2
import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
"""(N, 2) points (x, y) of a closed line, the first not repeated at the end."""

_STEPS = 8


def smooth(control: Curve) -> Curve:
    """Return the closed Catmull-Rom spline through the control points, eight points a segment."""
    t = (np.arange(_STEPS) / _STEPS)[:, None, None]
    before, here = np.roll(control, 1, axis=0), control
    after, later = np.roll(control, -1, axis=0), np.roll(control, -2, axis=0)
    curve = 0.5 * (
        2 * here
        + (after - before) * t
        + (2 * before - 5 * here + 4 * after - later) * t**2
        + (3 * here - before - 3 * after + later) * t**3
    )
    return np.ascontiguousarray(curve.transpose(1, 0, 2).reshape(-1, 2))


def area(curve: Curve) -> float:
    """Return the area inside a simple closed curve, in square units."""
    x, y = curve.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def vary_long_bone(control: Curve, terms: NDArray[np.float64]) -> Curve:
    """Vary a finger bone's control points (x in half widths, y in lengths).

    Args:
        control: the mean outline.
        terms: at least 7 standard normal numbers: width of base, shaft and head, sidewise lean,
            bow, tilt of base and head.
    """
    x, y = control[:, 0].copy(), control[:, 1].copy()
    base, head = np.clip(1 - y / 0.35, 0, 1), np.clip((y - 0.65) / 0.35, 0, 1)
    shaft = 1 - base - head
    x *= 1 + 0.06 * terms[0] * base + 0.08 * terms[1] * shaft + 0.06 * terms[2] * head
    x += 0.05 * terms[3] * (head - base) + 0.07 * terms[4] * np.sin(np.pi * y)
    y += 0.012 * x * (terms[5] * base + terms[6] * head)
    return np.stack([x, y], axis=1)


def roughen(curve: Curve, terms: NDArray[np.float64], amplitude: float) -> Curve:
    """Move a curve along its normals by a slow wave.

    Args:
        curve: in pixels.
        terms: standard normal numbers, two per harmonic, from the third harmonic on.
        amplitude: root mean square of each harmonic against the square root of the area.
    """
    phase = np.linspace(0, 2 * np.pi, len(curve), endpoint=False)
    harmonics = 3 + np.arange(len(terms) // 2)
    waves = np.concatenate([np.sin(np.outer(harmonics, phase)), np.cos(np.outer(harmonics, phase))])
    tangent = np.roll(curve, -1, axis=0) - np.roll(curve, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    offset = terms[: len(waves)] @ waves * amplitude * np.sqrt(area(curve))
    moved: Curve = curve + offset[:, None] * normal
    return moved


def turn(curve: Curve, degrees: float, centre: tuple[float, float] | Curve) -> Curve:
    """Rotate points clockwise as seen on the screen (y down) around `centre`."""
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned: Curve = (curve - centre) @ matrix + centre
    return turned


def cut(curve: Curve, low: float, high: float) -> Curve:
    """Return the part of a closed curve inside the square low <= x, y <= high.

    Sutherland-Hodgman: right where the curve leaves the square through one side at a time, as
    the forearm's bones do.
    """
    for axis, limit, sign in ((0, low, 1), (0, high, -1), (1, low, 1), (1, high, -1)):
        depth = sign * (curve[:, axis] - limit)
        if len(curve) == 0 or depth.min() >= 0:
            continue
        kept: list[NDArray[np.float64]] = []
        for i in range(len(curve)):
            j = (i + 1) % len(curve)
            if depth[i] >= 0:
                kept.append(curve[i])
            if (depth[i] >= 0) != (depth[j] >= 0):
                share = depth[i] / (depth[i] - depth[j])
                kept.append(curve[i] + share * (curve[j] - curve[i]))
        curve = np.array(kept).reshape(-1, 2)
    return curve


def join(first: Curve, second: Curve) -> Curve:
    """Return the outline around two overlapping curves, to a quarter of a pixel."""
    fine = 4
    low = np.floor(np.minimum(first.min(axis=0), second.min(axis=0))) - 2
    high = np.ceil(np.maximum(first.max(axis=0), second.max(axis=0))) + 2
    width, height = ((high - low) * fine).astype(int)
    mask = np.zeros((height, width), np.uint8)
    for curve in (first, second):
        cv2.fillPoly(mask, [np.round((curve - low) * fine).astype(np.int32)], 1)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(outlines, key=len)[:, 0, :]
    joined: Curve = longest[:: 2 * fine].astype(np.float64) / fine + low
    return joined


def annotate(curve: Curve, spacing_px: float) -> NDArray[np.int32]:
    """Return a curve as an annotator's polygon: integer corners about `spacing_px` apart.

    Repeated corners are dropped while at least three remain.
    """
    steps = np.linalg.norm(np.roll(curve, -1, axis=0) - curve, axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(3, round(float(along[-1]) / spacing_px))
    closed = np.concatenate([curve, curve[:1]])
    at = np.arange(count) * along[-1] / count
    points = np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], axis=1)
    corners = np.round(points).astype(np.int32)
    changed = np.any(corners != np.roll(corners, 1, axis=0), axis=1)
    return corners[changed] if changed.sum() >= 3 else corners
