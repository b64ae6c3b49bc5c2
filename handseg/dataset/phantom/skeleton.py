"""The bones of a right hand in their own frame: pixels at 2048 around the capitate, fingers up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom import outlines, templates
from handseg.dataset.phantom.anatomy import MEAN_AREAS, MEAN_LENGTHS, Anatomy
from handseg.dataset.phantom.outlines import Curve
from handseg.dataset.phantom.pose import Pose

# The thumb's metacarpal is smaller than the area counted for finger-3, which holds a sesamoid.
_THUMB_METACARPAL_SHARE = 0.965
_PROXIMAL_ROW = (23, 24, 25, 26)
_WAVES = 6
"""How many of a bone's last random numbers roughen its outline."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A bone before the hand is placed in the image."""

    outline: Curve
    axis: Curve
    """(2, 2) base and head of a finger bone, joint and shaft of a forearm bone, else no extent."""


def shapes(anatomy: Anatomy, pose: Pose) -> dict[int, Shape]:
    """Return the 29 bones of a right hand, in no order."""
    found = _fingers(anatomy, pose) | _carpals(anatomy) | _forearm(anatomy)
    for class_ids, share in ((bones.FOREARM, 1.0), (_PROXIMAL_ROW, 0.45)):
        for class_id in class_ids:
            found[class_id] = _turned(found[class_id], -share * pose.tilt)
    return found


def sesamoids(thumb: Shape, anatomy: Anatomy) -> tuple[Curve, Curve]:
    """Return the two small bones at the head of the thumb's metacarpal, one beside it."""
    base, head = thumb.axis
    along = head - base
    across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    width = np.sqrt(anatomy.areas[2] / anatomy.lengths[2]) * 50
    phase = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    found = []
    for side, low, shift in ((-0.45, 0.9, 0), (0.82, 0.92, 1)):
        jitter = 0.06 * anatomy.shapes[2, 10 + 2 * shift : 12 + 2 * shift]
        centre = base + along * (low + 0.2 * jitter[1]) + across * width * (side + jitter[0])
        oval = np.outer(np.cos(phase), 19 * along / np.linalg.norm(along))
        found.append(centre + oval + np.outer(np.sin(phase), 14 * across))
    return found[0], found[1]


def _fingers(anatomy: Anatomy, pose: Pose) -> dict[int, Shape]:
    found: dict[int, Shape] = {}
    for finger, class_ids in enumerate(bones.FINGERS.values()):
        metacarpal = class_ids[-1]
        base = np.array(templates.METACARPAL_BASES[metacarpal])
        base = base + 2.5 * anatomy.offsets[metacarpal, :2]
        angle = templates.METACARPAL_ANGLES[metacarpal] * (pose.splay if finger else 1.0)
        angle += pose.thumb if not finger else 0.8 * anatomy.offsets[metacarpal, 2]
        for class_id in reversed(class_ids):
            if class_id == class_ids[-2]:
                angle = float(pose.fingers[finger])
            elif class_id != metacarpal:
                angle += float(pose.bends[class_id])
            length = MEAN_LENGTHS[class_id] * anatomy.lengths[class_id]
            found[class_id] = _finger_bone(class_id, anatomy, base, length=length, angle=angle)
            base = found[class_id].axis[1] + anatomy.gap_px * _direction(angle)
    return found


def _finger_bone(
    class_id: int, anatomy: Anatomy, base: NDArray[np.float64], *, length: float, angle: float
) -> Shape:
    terms = anatomy.shapes[class_id]
    control = outlines.vary_long_bone(templates.finger_bone(class_id), terms)
    unit = outlines.smooth(control)
    wanted = MEAN_AREAS[class_id] * anatomy.areas[class_id]
    wanted *= _THUMB_METACARPAL_SHARE if class_id == 2 else 1.0
    half_width = wanted / (length * outlines.area(unit))
    along = _direction(angle)
    across = np.array([-along[1], along[0]])
    outline = (
        base + np.outer(unit[:, 0] * half_width, across) + np.outer(unit[:, 1], along * length)
    )
    return Shape(
        outline=outlines.roughen(outline, terms[-_WAVES:], 0.006),
        axis=np.array([base, base + along * length]),
    )


def _carpals(anatomy: Anatomy) -> dict[int, Shape]:
    found: dict[int, Shape] = {}
    for class_id, points in templates.CARPALS.items():
        terms, offset = anatomy.shapes[class_id], anatomy.offsets[class_id]
        curve = outlines.smooth(np.array(points, dtype=np.float64))
        centre = curve.mean(axis=0)
        wanted = MEAN_AREAS[class_id] * anatomy.areas[class_id]
        curve = centre + (curve - centre) * np.sqrt(wanted / outlines.area(curve))
        curve = outlines.roughen(curve, terms[-2 * _WAVES :], 0.011)
        curve = outlines.turn(curve, 5 * offset[2], centre) + 3.5 * offset[:2]
        middle = curve.mean(axis=0)
        found[class_id] = Shape(outline=curve, axis=np.array([middle, middle]))
    return found


def _forearm(anatomy: Anatomy) -> dict[int, Shape]:
    found: dict[int, Shape] = {}
    for class_id, points in templates.FOREARM.items():
        control = np.array(points, dtype=np.float64)
        joint = control[control[:, 1] < 250]
        middle = (joint[:, 0].min() + joint[:, 0].max()) / 2
        width = anatomy.areas[class_id] / anatomy.lengths[class_id]
        control[:, 0] = middle + (control[:, 0] - middle) * width
        control[:, 0] += 0.00008 * anatomy.shapes[class_id, 0] * (control[:, 1] - 160) ** 2 / 4
        control += 1.6 * np.resize(anatomy.shapes[class_id], control.shape)
        if class_id == 28:
            control[:, 1] += anatomy.ulnar_variance_px
        outline = outlines.smooth(control)
        shaft = control[np.abs(control[:, 1] - 700) < 60][:, 0].mean()
        found[class_id] = Shape(
            outline=outline, axis=np.array([[middle, joint[:, 1].min()], [shaft, 700.0]])
        )
    return found


def _direction(degrees: float) -> NDArray[np.float64]:
    """Return the unit vector this far clockwise from up."""
    angle = np.deg2rad(degrees)
    return np.array([np.sin(angle), -np.cos(angle)])


def _turned(shape: Shape, degrees: float) -> Shape:
    return Shape(
        outline=outlines.turn(shape.outline, degrees, templates.WRIST),
        axis=outlines.turn(shape.axis, degrees, templates.WRIST),
    )
