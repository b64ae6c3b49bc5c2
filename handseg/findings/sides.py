"""Left and right: whether all parts of a hand are of one side, and its fingers in order.

The hand points from wrist to fingers; thumb, index, Trapezium, Scaphoid and Radius are on one side
of that line, little finger, Hamate, Triquetrum and Ulna on the other. Which side that is makes a
left or a right hand of it: every part must say the same.
"""

from collections.abc import Mapping

import numpy as np

from handseg import bones
from handseg.findings.regions import Point

_PARTS: dict[str, tuple[int, int]] = (
    {}
    if not bones.IS_HAND
    else {
        "the metacarpals": (bones.FINGERS["index"][3], bones.FINGERS["little"][3]),
        "the proximal phalanges": (bones.FINGERS["index"][2], bones.FINGERS["little"][2]),
        "the middle phalanges": (bones.FINGERS["index"][1], bones.FINGERS["little"][1]),
        "the finger tips": (bones.FINGERS["index"][0], bones.FINGERS["little"][0]),
        "the thumb": (bones.FINGERS["thumb"][2], bones.FINGERS["little"][3]),
        "Trapezium and Hamate": (bones.CLASS_ID["Trapezium"], bones.CLASS_ID["Hamate"]),
        "Scaphoid and Triquetrum": (bones.CLASS_ID["Scaphoid"], bones.CLASS_ID["Triquetrum"]),
        "Radius and Ulna": (bones.CLASS_ID["Radius"], bones.CLASS_ID["Ulna"]),
    }
)
"""Two bones of each part: the one on the thumb's side first. Other bones have no such parts."""
_ORDERED = {"metacarpals": 3, "proximal phalanges": 2}
"""Rows whose fingers do not cross, and their place in `bones.FINGERS`."""
_LEAST_SINE = 0.3
"""Two bones that lie nearly along the hand say nothing of its side: 17 degrees."""
_LEAST_STEP = 0.1
"""Finger after finger must go back by this part of the mean step to be out of order."""
_WRIST = (*bones.CARPALS, *bones.FOREARM)
_FINGER_BONES = tuple(class_id for ids in bones.FINGERS.values() for class_id in ids)


def votes(centres: Mapping[int, Point]) -> dict[str, int]:
    """Which side each part is of.

    Args:
        centres: of the bones that are there, by class id.

    Returns:
        1 where the little finger's side is clockwise of the hand's direction as seen on the image,
        -1 where it is not; parts that lack a bone or lie along the hand say nothing.
    """
    along = _direction(centres)
    if along is None:
        return {}
    found = {}
    for part, (inner, outer) in _PARTS.items():
        if inner in centres and outer in centres:
            across = centres[outer] - centres[inner]
            length = float(np.hypot(*across))
            sine = _cross(along, across) / length if length else 0.0
            if abs(sine) >= _LEAST_SINE:
                found[part] = 1 if sine > 0 else -1
    return found


def side(centres: Mapping[int, Point]) -> int:
    """What most parts say, 1 or -1; 0 where they say nothing, or as many the one as the other."""
    return int(np.sign(sum(votes(centres).values())))


def mixed(centres: Mapping[int, Point]) -> list[str]:
    """Where the sides of the parts, or the order of the fingers, contradict each other, as text."""
    said = votes(centres)
    usual = side(centres)
    texts = []
    if usual:
        others = [part for part, vote in said.items() if vote != usual]
        if others:
            # The thumb is the one part that is no pair or row of bones.
            verb = "is" if others == ["the thumb"] else "are"
            texts.append(f"{', '.join(others)} {verb} of the other side than the rest of the hand")
    elif said:
        texts.append("half of the parts are of a left hand, half of a right one")
    return texts + _out_of_order(centres)


def _direction(centres: Mapping[int, Point]) -> Point | None:
    """Unit vector from the wrist to the fingers."""
    wrist = [centres[c] for c in _WRIST if c in centres]
    fingers = [centres[c] for c in _FINGER_BONES if c in centres]
    if not wrist or not fingers:
        return None
    along = np.asarray(np.mean(fingers, axis=0) - np.mean(wrist, axis=0), np.float64)
    length = float(np.hypot(*along))
    return along / length if length else None


def _cross(along: Point, across: Point) -> float:
    return float(along[0] * across[1] - along[1] * across[0])


def _out_of_order(centres: Mapping[int, Point]) -> list[str]:
    along, names = _direction(centres), [name for name in bones.FINGERS if name != "thumb"]
    texts = []
    for row, place in _ORDERED.items():
        ids = [bones.FINGERS[name][place] for name in names]
        if along is None or any(c not in centres for c in ids):
            continue
        at = np.array([_cross(along, centres[c]) for c in ids])
        steps = np.diff(at) * np.sign(at[-1] - at[0] or 1)
        if (steps < -_LEAST_STEP * np.abs(at[-1] - at[0]) / len(steps)).any():
            order = [names[i] for i in np.argsort(at)]
            texts.append(f"the {row} stand in the order {', '.join(order)}")
    return texts
