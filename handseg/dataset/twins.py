"""Images with the same pixels, whatever files they came from."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg.dataset.fault import Fault
from handseg.dataset.layout import ImageRecord

_FAULT_REMEDY = (
    "remove one, or put both into one person's folder: else a model could be validated on what it "
    "was trained on"
)
_REMARK_REMEDY = "nothing to do if that is meant; else remove one"


def pixel_hash(image: NDArray[np.uint8]) -> str:
    """SHA-256 of a uint8 (H, W) image's size and values, as 64 hex digits."""
    total = hashlib.sha256(repr(image.shape).encode())
    total.update(np.ascontiguousarray(image).data)
    return total.hexdigest()


def find_twins(
    records: Sequence[ImageRecord], hashes: Sequence[str]
) -> tuple[list[Fault], list[Fault]]:
    """Find the same pixels twice.

    Args:
        records: of the images.
        hashes: their `pixel_hash`, in the same order; "" for what could not be read.

    Returns:
        Faults, for training images of two people, which could end up in two folds; and remarks,
        for all others.
    """
    first: dict[str, ImageRecord] = {}
    faults, remarks = [], []
    for record, pixels in zip(records, hashes, strict=True):
        other = first.setdefault(pixels, record) if pixels else record
        if other is record:
            continue
        path, value = str(record.image_path), f"as {other.image_path}"
        same = (record.part, record.person) == (other.part, other.person)
        if same or "test" in (record.part, other.part):
            remarks.append(Fault(path, "same pixels twice", value, _REMARK_REMEDY))
        else:
            faults.append(Fault(path, "same pixels under two people", value, _FAULT_REMEDY))
    return faults, remarks
