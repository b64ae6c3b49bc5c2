"""The 29 bones of one hand, laid out in the image: everything but the drawing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset.phantom import outlines, skeleton
from handseg.dataset.phantom.anatomy import UNIT_PX, Anatomy, sample_anatomy, vary_hand
from handseg.dataset.phantom.outlines import Curve
from handseg.dataset.phantom.pose import Pose, sample_pose, vary_pose
from handseg.dataset.phantom.skeleton import Shape
from handseg.dataset.phantom.traits import Part, Traits, generator, traits_of

MARGIN_PX = 26
"""Least distance of hand and wrist bones from the image's edge, at 2048."""
CORNER_SPACING_PX = 9.0
"""Mean distance of an annotation's corners, at 2048."""


@dataclass(frozen=True, kw_only=True)
class Bone:
    """One bone as it lies in the image, in its pixels."""

    class_id: int
    outline: Curve
    """What is drawn in the radiograph; a forearm bone goes on outside the image."""
    annotated: Curve
    """What is annotated: inside the image, finger-3 with its sesamoid."""
    axis: Curve
    """(2, 2) base and head of a finger bone, joint and shaft of a forearm bone, else no extent."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """The bones of one image in official class order, and the person they belong to."""

    bones: tuple[Bone, ...]
    sesamoids: tuple[Curve, ...]
    anatomy: Anatomy
    pose: Pose
    traits: Traits
    size: int
    """Side of the square image, in pixels."""

    def polygons(self) -> dict[int, NDArray[np.int32]]:
        """Return one annotation polygon (N, 2) (x, y) for each class id."""
        spacing = max(CORNER_SPACING_PX * self.size / UNIT_PX, 1.5)
        limit = self.size - 1
        return {
            bone.class_id: np.clip(outlines.annotate(bone.annotated, spacing), 0, limit)
            for bone in self.bones
        }


def hands_of(seed: int, part: Part, person: int, size: int = UNIT_PX) -> tuple[Hand, Hand]:
    """Lay out the right and the left hand of one person; depends on nothing but the arguments.

    Args:
        seed: of the data set.
        part: of the data set.
        person: 0-based number of the person in the part.
        size: side of the square image, in pixels; the same hands at another size only scale.
    """
    traits = traits_of(seed, part, person)
    rng = generator(seed, part, person, 0)
    anatomy, pose = sample_anatomy(rng), sample_pose(rng, traits)
    right, left = (
        build_hand(vary_hand(anatomy, rng), vary_pose(pose, rng, is_left=is_left), traits, size)
        for is_left in (False, True)
    )
    return right, left


def build_hand(anatomy: Anatomy, pose: Pose, traits: Traits, size: int) -> Hand:
    """Lay out one hand in a square image of this side."""
    shapes = skeleton.shapes(anatomy, pose)
    sesamoids = skeleton.sesamoids(shapes[2], anatomy)
    place = _placement(shapes, anatomy, pose, size)
    annotated = {class_id: shape.outline for class_id, shape in shapes.items()}
    if anatomy.is_sesamoid_drawn:
        annotated[2] = outlines.join(annotated[2], sesamoids[1])
    return Hand(
        bones=tuple(
            Bone(
                class_id=class_id,
                outline=place(shapes[class_id].outline),
                annotated=outlines.cut(place(annotated[class_id]), 0, size - 1),
                axis=place(shapes[class_id].axis),
            )
            for class_id in range(bones.COUNT)
        ),
        sesamoids=tuple(place(sesamoid) for sesamoid in sesamoids),
        anatomy=anatomy,
        pose=pose,
        traits=traits,
        size=size,
    )


def _placement(
    shapes: dict[int, Shape], anatomy: Anatomy, pose: Pose, size: int
) -> Callable[[Curve], Curve]:
    """Return the map from the hand's own frame into the image.

    Hand and wrist are always inside; the room that is left goes to the forearm.
    """
    inner = [shape.outline for class_id, shape in shapes.items() if class_id not in bones.FOREARM]
    inner += [shapes[class_id].outline[:8] for class_id in bones.FOREARM]
    points = outlines.turn(np.concatenate(inner), pose.rotation, (0.0, 0.0))
    extent = np.ptp(points, axis=0)
    room = UNIT_PX - 2 * MARGIN_PX
    scale = min(anatomy.scale, float((room / extent).min()))
    slack = room - scale * extent
    forearm = np.diff(shapes[27].axis, axis=0)
    forearm = outlines.turn(forearm, pose.rotation, (0.0, 0.0))[0]
    forearm /= np.linalg.norm(forearm)
    # 0 to 1: where in the slack; opposite to the forearm, which takes most of what is left.
    share = 0.5 - 0.2 * forearm + 0.45 * (pose.place - 0.5)
    corner = MARGIN_PX + np.clip(share, 0, 1) * slack - scale * points.min(axis=0)

    def place(curve: Curve) -> Curve:
        moved = scale * outlines.turn(curve, pose.rotation, (0.0, 0.0)) + corner
        if pose.is_left:
            moved[:, 0] = UNIT_PX - 1 - moved[:, 0]
        placed: Curve = (moved + 0.5) * (size / UNIT_PX) - 0.5
        return placed

    return place
