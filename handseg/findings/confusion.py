"""Finger confusion: one region claimed by two fingers, or a bone on another finger's."""

from collections.abc import Sequence
from itertools import combinations

from handseg import bones
from handseg.masks import dice, rle

_CLAIMED = 0.25
"""Part of the smaller bone that the other one covers, beyond what it covers in truth. Bones of two
fingers touch at most at the metacarpals' bases, a few hundredths of them."""
_MISPLACED = 0.5
"""Part of a predicted bone that lies on another finger's true one."""
_SPECK = 0.1
"""A prediction smaller than this part of the true bone is missing rather than misplaced."""

_FINGER = {class_id: name for name, ids in bones.FINGERS.items() for class_id in ids}
_PAIRS = [(a, b) for a, b in combinations(_FINGER, 2) if _FINGER[a] != _FINGER[b]]


def confused(predicted: Sequence[rle.Runs], true: Sequence[rle.Runs] | None = None) -> list[str]:
    """What two fingers claim, as text.

    Args:
        predicted: 29 runs in the official order.
        true: those of the annotation, where it is known.
    """
    texts = []
    for a, b in _PAIRS:
        share = _share(predicted[a], predicted[b])
        if share >= _CLAIMED and share - (_share(true[a], true[b]) if true else 0) >= _CLAIMED:
            texts.append(
                f"{_named(a)} and {_named(b)} claim one region ({share:.0%} of the smaller)"
            )
    return texts + (_misplaced(predicted, true) if true else [])


def _misplaced(predicted: Sequence[rle.Runs], true: Sequence[rle.Runs]) -> list[str]:
    texts = []
    for a, b in [*_PAIRS, *((b, a) for a, b in _PAIRS)]:
        area = rle.area(predicted[a])
        if not area or area < _SPECK * rle.area(true[a]) or not _near(predicted[a], true[b]):
            continue
        share = dice.intersection(predicted[a], true[b]) / area
        if share >= _MISPLACED and _share(true[a], true[b]) < _CLAIMED:
            texts.append(f"{_named(a)} lies on {_named(b)} ({share:.0%} of it)")
    return texts


def _share(one: rle.Runs, other: rle.Runs) -> float:
    """Part of the smaller mask that the other one covers."""
    if not _near(one, other):
        return 0.0
    return dice.intersection(one, other) / min(rle.area(one), rle.area(other))


def _near(one: rle.Runs, other: rle.Runs) -> bool:
    """Whether two masks can meet: neither is empty, and neither lies wholly above the other."""
    return bool(len(one) and len(other) and one[0, 0] < other[-1, 1] and other[0, 0] < one[-1, 1])


def _named(class_id: int) -> str:
    return f"{bones.NAMES[class_id]} ({_FINGER[class_id]})"
