"""Everything that is wrong with a data folder, in one report.

Faults keep the stages from using the data, because a result would be wrong without a word:

- names, pairs and links: see `layout.survey`; images: see `images.reading`; polygons and missing
  bones: see `annotations`. The test part needs no annotations, and those it has are not read here.
- The same pixels under two people of the train part.

Remarks are worth a look and change nothing: an outline that crosses itself (what it goes round
twice is not in its mask) or holds no area, a bone in several polygons (their union), points moved
onto the image's edge, an image of one grey value, the same pixels otherwise twice, a person in both
parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from handseg import bones, progress
from handseg.ahead import work_ahead
from handseg.dataset import annotations, layout, twins
from handseg.dataset.crossings import crossings
from handseg.dataset.fault import Fault
from handseg.dataset.layout import ImageRecord
from handseg.errors import HandsegError
from handseg.images import reading
from handseg.masks.polygons import Points

_ANY_SHAPE = (1 << 30, 1 << 30)
"""Of an image whose size cannot be read: its points are then held to no bounds."""
_CROSSINGS_NAMED = 3


@dataclass(frozen=True)
class Report:
    """What was found, each list sorted by path."""

    images: int
    people: int
    faults: list[Fault]
    """What keeps the data from being used."""
    remarks: list[Fault]
    """What is worth a look and changes nothing."""


@dataclass
class _Look:
    """What one image and its annotation show."""

    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)
    pixels: str = ""
    """`twins.pixel_hash`, where the image can be read."""


def check_data(root: Path) -> Report:
    """Look at every file of a data folder, on all cores, with progress.

    Args:
        root: holds train/ and, where there is one, test/.

    Returns:
        Every fault, never only the first.
    """
    found = layout.survey(root)
    records = found.records
    looks = list(
        progress.track(work_ahead(_look, records), description="check", total=len(records))
    )
    faults, remarks = twins.find_twins(records, [look.pixels for look in looks])
    faults += found.faults
    remarks += _people_in_both_parts(records)
    for look in looks:
        faults += look.faults
        remarks += look.remarks
    people = len({record.person for record in records})
    return Report(len(records), people, _by_path(faults), _by_path(remarks))


def _by_path(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.path)


def _look(record: ImageRecord) -> _Look:
    look = _Look()
    shape = _look_at_image(record.image_path, look)
    if record.annotation_path is not None:
        try:
            _look_at_annotation(record.annotation_path, shape, look)
        except OSError as error:
            look.faults.append(_unreadable(record.annotation_path, error))
    return look


def _unreadable(path: Path, error: OSError) -> Fault:
    return Fault(str(path), "cannot be read", error.strerror or str(error), "make it readable")


def _look_at_image(path: Path, look: _Look) -> tuple[int, int]:
    """Its size, as far as it can be read, in (height, width)."""
    try:
        image = reading.read_grey(path)
    except HandsegError as error:
        look.faults.append(_image_fault(path, error))
        return _size(path)
    except OSError as error:
        look.faults.append(_unreadable(path, error))
        return _ANY_SHAPE
    look.pixels = twins.pixel_hash(image)
    if image.min() == image.max():
        remedy = "look at the image, and replace it if it should show a hand"
        look.remarks.append(Fault(str(path), "one grey value", str(image.min()), remedy))
    return image.shape[0], image.shape[1]


def _size(path: Path) -> tuple[int, int]:
    try:
        return reading.png_size(path)
    except HandsegError:  # reported already
        return _ANY_SHAPE


def _image_fault(path: Path, error: HandsegError) -> Fault:
    """Take a message of `images.reading` apart: `path: what is wrong; remedy`."""
    value, _, remedy = str(error).removeprefix(f"{path}: ").partition("; ")
    return Fault(str(path), "unusable image", value, remedy)


def _look_at_annotation(path: Path, shape: tuple[int, int], look: _Look) -> None:
    found = annotations.examine(path, height=shape[0], width=shape[1])
    look.faults += found.faults
    look.remarks += found.remarks
    look.faults += annotations.missing(path, found)
    for class_id, polygons in found.polygons.items():
        for polygon in polygons:
            look.remarks += _odd_outline(f"{path}: {bones.NAMES[class_id]}", polygon)


def _odd_outline(bone: str, polygon: Points) -> list[Fault]:
    remedy = "look at the outline, and draw it again where that is wrong"
    points = crossings(polygon)
    if not len(points):
        empty = Fault(bone, "outline without area", f"{len(polygon)} points", remedy)
        return [] if cv2.contourArea(polygon) else [empty]
    where = ", ".join(f"({x:.0f}, {y:.0f})" for x, y in points[:_CROSSINGS_NAMED])
    more = len(points) - _CROSSINGS_NAMED
    value = f"at {where}" + (f" and {more} more" if more > 0 else "")
    return [Fault(bone, "outline crosses itself", value, remedy)]


def _people_in_both_parts(records: Sequence[ImageRecord]) -> list[Fault]:
    folders = {(record.person, record.part): record.image_path.parent for record in records}
    remedy = "rename one folder if they are two people"
    return [
        Fault(str(path), "person in both parts", person, remedy)
        for (person, part), path in folders.items()
        if part == "test" and (person, "train") in folders
    ]
