"""Control points of the mean outlines, for a right hand seen from its back, fingers up.

Finger bones: x in half widths, positive towards the little finger; y in lengths, from the base
(0) to the head (1). Carpals and forearm: pixels at 2048 from the middle of the capitate, y down.
"""

import numpy as np
from numpy.typing import NDArray

from handseg import bones

Points = list[tuple[float, float]]

# The right-hand half, from the middle of the base to the middle of the head.
_DISTAL: Points = [
    (0, 0.03), (0.5, 0.0), (0.88, 0.02), (1.0, 0.09), (0.82, 0.2), (0.56, 0.36), (0.43, 0.54),
    (0.45, 0.68), (0.6, 0.8), (0.66, 0.88), (0.52, 0.965), (0.22, 1.0), (0, 0.995),
]  # fmt: skip
_MIDDLE: Points = [
    (0, 0.0), (0.35, 0.03), (0.7, 0.01), (0.96, 0.03), (1.0, 0.1), (0.84, 0.2), (0.64, 0.36),
    (0.56, 0.52), (0.57, 0.67), (0.68, 0.8), (0.8, 0.88), (0.8, 0.95), (0.6, 0.995), (0.3, 0.985),
    (0, 0.965),
]  # fmt: skip
_PROXIMAL: Points = [
    (0, 0.025), (0.4, 0.012), (0.78, 0.0), (0.98, 0.03), (1.0, 0.075), (0.85, 0.15), (0.66, 0.28),
    (0.57, 0.45), (0.55, 0.62), (0.6, 0.76), (0.7, 0.86), (0.78, 0.92), (0.74, 0.97), (0.52, 1.0),
    (0.25, 0.99), (0, 0.975),
]  # fmt: skip
# Metacarpals: the base differs from finger to finger, the rest is shared.
_METACARPAL: Points = [
    (0.66, 0.2), (0.54, 0.34), (0.5, 0.5), (0.52, 0.64), (0.64, 0.76), (0.85, 0.85), (0.97, 0.9),
    (0.9, 0.955), (0.6, 0.99), (0, 1.0),
]  # fmt: skip
_THUMB_METACARPAL: Points = [
    (0.78, 0.2), (0.66, 0.34), (0.6, 0.5), (0.63, 0.65), (0.74, 0.77), (0.85, 0.86), (0.88, 0.93),
    (0.72, 0.985), (0.35, 1.0), (0, 0.99),
]  # fmt: skip

# From the side of the thumb to the side of the little finger.
_BASES: dict[int, Points] = {
    2: [(-0.92, 0.13), (-0.98, 0.06), (-0.7, 0.01), (-0.2, 0.0), (0.3, 0.025), (0.8, 0.0),
        (1.05, 0.03), (0.98, 0.11)],
    6: [(-0.88, 0.1), (-1.0, 0.045), (-0.75, 0.0), (-0.3, 0.02), (0.1, 0.045), (0.5, 0.015),
        (0.95, -0.015), (1.0, 0.05), (0.85, 0.12)],
    10: [(-0.82, 0.11), (-1.0, 0.03), (-0.92, -0.03), (-0.5, 0.0), (0, 0.02), (0.5, 0.015),
         (0.85, 0.015), (0.92, 0.05), (0.8, 0.12)],
    14: [(-0.78, 0.11), (-0.88, 0.04), (-0.7, 0.0), (-0.2, 0.005), (0.3, 0.015), (0.7, 0.01),
         (0.88, 0.05), (0.78, 0.12)],
    18: [(-0.8, 0.12), (-0.92, 0.05), (-0.72, 0.005), (-0.2, 0.01), (0.4, -0.005), (0.9, 0.02),
         (1.12, 0.07), (0.98, 0.14)],
}  # fmt: skip

CARPALS: dict[int, Points] = {
    19: [(-189, -59), (-159, -75), (-123, -73), (-95, -61), (-77, -35), (-77, -3), (-97, 27),
         (-133, 37), (-171, 19), (-193, -19)],
    20: [(-123, -85), (-95, -97), (-67, -91), (-53, -67), (-51, -35), (-65, -5), (-95, 5),
         (-119, -13), (-131, -49)],
    21: [(-50, -84), (-10, -92), (34, -88), (58, -72), (56, -32), (48, 8), (43, 46), (22, 76),
         (-10, 84), (-40, 70), (-56, 36), (-52, 0), (-44, -34), (-56, -60)],
    22: [(54, -82), (92, -88), (136, -78), (152, -54), (140, -22), (114, 14), (86, 50), (60, 72),
         (42, 54), (44, 10), (48, -34)],
    23: [(-146, 28), (-118, 2), (-78, 6), (-52, 32), (-38, 64), (-26, 96), (-40, 122), (-78, 130),
         (-116, 108), (-144, 72)],
    24: [(-42, 94), (-20, 72), (12, 82), (44, 64), (64, 82), (66, 116), (44, 142), (2, 150),
         (-32, 136)],
    25: [(56, 84), (80, 52), (118, 34), (148, 48), (148, 82), (122, 112), (88, 130), (60, 116)],
    26: [(124, 37), (150, 45), (162, 71), (154, 101), (128, 113), (102, 103), (92, 77), (102, 49)],
}  # fmt: skip

# From the joint outwards and back; the far ends lie outside every image.
FOREARM: dict[int, Points] = {
    27: [(-160, 76), (-138, 108), (-96, 134), (-47, 142), (-4, 154), (28, 152), (41, 172),
         (37, 214), (22, 272), (1, 342), (-14, 442), (-21, 692), (-23, 992), (-23, 1392),
         (-32, 1792), (-126, 1792), (-136, 1392), (-136, 992), (-132, 692), (-134, 442),
         (-147, 352), (-168, 276), (-179, 214), (-179, 142), (-173, 92)],
    28: [(64, 196), (80, 182), (106, 178), (126, 186), (136, 166), (148, 154), (158, 166),
         (160, 200), (158, 236), (148, 290), (138, 360), (132, 460), (130, 700), (132, 1000),
         (136, 1400), (130, 1800), (60, 1800), (52, 1400), (50, 1000), (50, 700), (54, 460),
         (60, 350), (66, 280), (58, 230)],
}  # fmt: skip

METACARPAL_BASES: dict[int, tuple[float, float]] = {
    2: (-192, -52),
    6: (-90, -76),
    10: (-2, -76),
    14: (72, -72),
    18: (126, -60),
}
"""Where each metacarpal's base lies."""

METACARPAL_ANGLES: dict[int, float] = {2: -37, 6: -9.5, 10: -1.5, 14: 6.0, 18: 14.0}
"""Direction of each metacarpal in degrees from the hand's axis, clockwise."""

WRIST = (0.0, 45.0)
"""Where the hand turns against the forearm: the head of the capitate."""


def finger_bone(class_id: int) -> NDArray[np.float64]:
    """Return the closed control polygon (N, 2) of a finger bone, class ids 0 to 18."""
    if class_id in _BASES:
        half = _THUMB_METACARPAL if class_id == 2 else _METACARPAL
        base, sides = _BASES[class_id], half[:-1]
        points = [*base, *sides, half[-1], *((-x, y) for x, y in reversed(sides))]
        return np.array(points, dtype=np.float64)
    tips = {class_ids[0] for class_ids in bones.FINGERS.values()}
    middles = {class_ids[1] for class_ids in bones.FINGERS.values() if len(class_ids) == 4}
    half = _DISTAL if class_id in tips else _MIDDLE if class_id in middles else _PROXIMAL
    points = [*half, *((-x, y) for x, y in reversed(half[1:-1]))]
    return np.array(points, dtype=np.float64)
