"""A synthetic hand as runs, and its bones exchanged or moved."""

from functools import cache

import numpy as np

from handseg import bones
from handseg.dataset.phantom.hand import hands_of
from handseg.masks import bitfield, rle
from handseg.masks.polygons import Polygons

SIDE = 512


@cache
def polygons(person: int = 0, hand: int = 0) -> Polygons:
    """Of one person's right (0) or left (1) hand."""
    drawn = hands_of(3, "train", person, SIDE)[hand].polygons()
    return {class_id: [points] for class_id, points in drawn.items()}


def runs(of: Polygons) -> list[rle.Runs]:
    return bitfield.class_runs(of, (SIDE, SIDE))


def exchanged(one: str, other: str, of: Polygons) -> Polygons:
    """With the bones of two fingers, or two bones, named for each other."""
    pairs = zip(ids(one), ids(other), strict=True)
    names = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    return {names.get(class_id, class_id): shapes for class_id, shapes in of.items()}


def ids(name: str) -> tuple[int, ...]:
    return bones.FINGERS[name] if name in bones.FINGERS else (bones.CLASS_ID[name],)


def mirrored(of: Polygons) -> Polygons:
    flip = np.array([-1, 1], np.int32)
    return {c: [shape * flip + np.array([SIDE - 1, 0], np.int32) for shape in shapes]
            for c, shapes in of.items()}  # fmt: skip
