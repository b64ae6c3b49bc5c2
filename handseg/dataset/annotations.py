"""The competition's JSON: one file per image, one entry per polygon, in the image's own pixels.

What is tolerated, and what is refused:

- Points outside the image by no more than OUTSIDE_PX and OUTSIDE_FRACTION of `annotation_entries`
  allow are moved onto its edge; farther ones are refused. Fractions of a pixel are rounded.
- Several polygons of one bone are their union.
- A bone without polygon is refused, in a truth to learn from or to score by: all 29 are in every
  image, and one that was not drawn would count as background. `examine` says which are named.
- `metadata` (its size is wrong in the real data), `filename` and all other entries are not read.
- Refused: files above MAX_BYTES, a byte-order mark, no polygon at all or more than MAX_POLYGONS, an
  unknown bone, another type than poly_seg, fewer than 3 different points or more than MAX_POINTS,
  NaN and infinity, anything that is no number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from handseg import bones
from handseg.dataset import annotation_entries
from handseg.dataset.annotation_entries import Unusable
from handseg.dataset.fault import Fault
from handseg.dataset.layout import ANNOTATION_SUFFIX, ANNOTATIONS, IMAGE_SUFFIX
from handseg.dataset.refusal import refuse
from handseg.errors import BadInput, MissingInput
from handseg.masks.polygons import Polygons


@dataclass(frozen=True)
class Examined:
    """One annotation file, as far as it can be read, with everything found in it."""

    polygons: Polygons = field(default_factory=dict)
    """Of those entries that have no fault."""
    named: set[int] = field(default_factory=set)
    """Class ids of all entries, whether or not their polygons have faults."""
    faults: list[Fault] = field(default_factory=list)
    """What keeps the file from being used."""
    remarks: list[Fault] = field(default_factory=list)
    """What was tolerated."""


def load(path: Path, *, height: int, width: int) -> Polygons:
    """Read the polygons of all bones of an image.

    Args:
        path: the JSON file.
        height: of the image, in pixels.
        width: of the image, in pixels.

    Returns:
        int32 (N, 2) polygons in (x, y) by class id, in official order, N >= 3, inside the image;
        one or more of each of the 29 bones.

    Raises:
        MissingInput: there is no such file.
        BadInput: it has a fault, or lacks a bone; the message lists everything.
    """
    found = examine(path, height=height, width=width)
    refuse([*found.faults, *missing(path, found)])
    return found.polygons


def missing(path: Path, found: Examined) -> list[Fault]:
    """Say which bones an annotation lacks.

    Args:
        path: the annotation file.
        found: what is in it.

    Returns:
        One fault with their names in official order, or none; none of a file that names no bone,
        whose fault is another.
    """
    named = found.named or range(bones.COUNT)
    names = [name for class_id, name in enumerate(bones.NAMES) if class_id not in named]
    remedy = "draw them, or take the image and its annotation out"
    return [Fault(str(path), "bones missing", ", ".join(names), remedy)] if names else []


def truth_files(root: Path) -> dict[str, Path]:
    """Find annotation files by image name.

    Args:
        root: a data folder (train and test are both taken) or any folder of JSON files.

    Raises:
        MissingInput: there is none.
        BadInput: two of them belong to images of one name.
    """
    parts = [root / part / ANNOTATIONS for part in ("train", "test")]
    folders = [folder for folder in parts if folder.is_dir()] or [root]
    found: dict[str, Path] = {}
    for path in (p for f in folders for p in sorted(f.rglob(f"*{ANNOTATION_SUFFIX}"))):
        if path.name.startswith("."):
            continue
        other = found.setdefault(f"{path.stem}{IMAGE_SUFFIX}", path)
        if other is not path:
            raise BadInput(f"{path}: {other} has the same name; keep one truth per image name")
    if not found:
        raise MissingInput(f"{root}: holds no .json files; give a data folder or one of JSON files")
    return found


def examine(path: Path, *, height: int, width: int) -> Examined:
    """Read an annotation file and list all that is wrong with it, never only the first fault.

    Args:
        path: the JSON file.
        height: of the image, in pixels.
        width: of the image, in pixels.

    Raises:
        MissingInput: there is no such file.
    """
    found = Examined()
    try:
        entries = annotation_entries.read(path)
    except Unusable as error:
        found.faults.append(Fault(str(path), *error.args))
        return found
    for number, entry in enumerate(entries):
        where = f"{path}: annotations[{number}]"
        try:
            class_id = annotation_entries.class_id(entry)
            found.named.add(class_id)
            where = f"{path}: {bones.NAMES[class_id]}"
            points, slip = annotation_entries.points(entry["points"], height=height, width=width)
        except Unusable as error:
            found.faults.append(Fault(where, *error.args))
            continue
        found.polygons.setdefault(class_id, []).append(points)
        if slip:
            value, remedy = f"{slip:g} px", "nothing to do: moved onto the image's edge"
            found.remarks.append(Fault(where, "points just outside the image", value, remedy))
    ordered = {class_id: found.polygons[class_id] for class_id in sorted(found.polygons)}
    remarks = [*found.remarks, *_unions(path, ordered)]
    return replace(found, polygons=ordered, remarks=remarks)


def _unions(path: Path, polygons: Polygons) -> Sequence[Fault]:
    remedy = "nothing to do if the bone lies in parts: it is their union; else remove the wrong one"
    return [
        Fault(f"{path}: {bones.NAMES[c]}", "bone in several polygons", str(len(shapes)), remedy)
        for c, shapes in polygons.items()
        if len(shapes) > 1
    ]
