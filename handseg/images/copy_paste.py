"""Copy-paste: some bones of another image, put where this one has no bone.

Bones that overlap move together, so that what lies over what stays as the X-ray shows it. A pasted
pixel carries the bones that were asked for and no others.
Source of the idea: Ghiasi et al. 2021, who paste anywhere; the report pastes into the background.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.errors import BadInput

_TRIES = 20
"""Places drawn for a patch before it is left out; in a hand that fills half the frame, a wrist's
bones find one within a few."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Bones cut out of an image, in the rectangle that holds them."""

    pixels: NDArray[np.uint8]
    """(h, w)."""
    target: NDArray[np.uint8]
    """(h, w, C): a bit field's four bytes, or coverage per class."""
    opacity: NDArray[np.uint8]
    """(h, w): how much of each pixel is bone, in 255ths."""


def class_ids(names: Iterable[str]) -> list[int]:
    """Class ids of bones by their names, ascending.

    Raises:
        BadInput: a name is no bone's.
    """
    for name in names:
        if name not in bones.CLASS_ID:
            near = get_close_matches(name, bones.NAMES, n=1)
            hint = near[0] if near else f"one of {', '.join(bones.NAMES)}"
            raise BadInput(f"copy_paste_bones has {name!r}, which is no bone; give {hint}")
    return sorted({bones.CLASS_ID[name] for name in names})


def groups(field: NDArray[np.int32]) -> list[list[int]]:
    """Classes of a bit field (H, W), in groups that share no pixel with one another."""
    codes = np.unique(field[field != 0])
    found: list[set[int]] = []
    for code in codes.tolist():
        together = {c for c in range(bones.COUNT) if code & (1 << c)}
        apart = [group for group in found if not group & together]
        for group in found:
            if group & together:
                together |= group
        found = [*apart, together]
    return sorted(sorted(group) for group in found)


def cut(
    image: NDArray[np.uint8], target: NDArray[np.uint8], opacity: NDArray[np.uint8]
) -> Patch | None:
    """Cut out what is opaque; None where nothing is, or where the image's edge cuts through it.

    Args:
        image: uint8 (H, W).
        target: uint8 (H, W, C), of the bones wanted alone.
        opacity: uint8 (H, W), how much of each pixel they cover, in 255ths.
    """
    left, top, width, height = cv2.boundingRect(opacity)
    bottom, right = top + height, left + width
    inside = min(top, left) > 0 and bottom < opacity.shape[0] and right < opacity.shape[1]
    if not width or not inside:
        return None
    box = np.s_[top:bottom, left:right]
    return Patch(image[box], target[box], opacity[box])


def paste(
    image: NDArray[np.uint8],
    target: NDArray[np.uint8],
    patches: Sequence[Patch],
    generator: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Put each patch at a random place where no bone is; one that finds none is left out.

    Args:
        image: uint8 (H, W); it is not changed.
        target: uint8 (H, W, C), of the patches' form; it is not changed.
        patches: of an image of the same scale.
        generator: draws the places.

    Returns:
        The image and the target with the patches. Where a patch covers part of a pixel, it is as
        much of the patch.
    """
    image, target = image.copy(), target.copy()
    for patch in patches:
        place = _place(target, patch, generator)
        if place is None:
            continue
        under = image[place].astype(np.int32)
        change = (patch.pixels - under) * patch.opacity.astype(np.int32)
        image[place] = (under + np.rint(change / 255)).astype(np.uint8)
        # no bone was there: the larger is the patch's own
        target[place] = np.maximum(target[place], patch.target)
    return image, target


def _place(
    target: NDArray[np.uint8], patch: Patch, generator: np.random.Generator
) -> tuple[slice, slice] | None:
    height, width = patch.opacity.shape
    bone = patch.opacity > 0
    room = np.array(target.shape[:2]) - (height, width)
    for _ in range(_TRIES):
        top, left = generator.integers(0, room + 1).tolist()
        place = (slice(top, top + height), slice(left, left + width))
        if not target[place][bone].any():
            return place
    return None
