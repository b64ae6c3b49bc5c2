"""`handseg export-masks`: masks for other programs."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from handseg import bones
from handseg.commands import predicted
from handseg.commands.predicted import Masked
from handseg.interchange import mask_files
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
Form = Literal["png", "nifti", "coco", "labelme"]
_WRITERS: dict[str, mask_files.Write] = {
    "png": mask_files.png,
    "nifti": mask_files.nifti,
    "labelme": mask_files.labelme,
}
COCO_FILE = "instances.json"


def export_masks(
    *, data: Location, out: Location, form: Form = "png", submission: Location | None = None
) -> int:
    """Write masks as PNG, NIfTI, COCO or LabelMe, from a submission or from the annotations.

    Bones overlap, so each has a mask of its own; bones that were not found have none.

    Args:
        data: Data folder; its images tell the sizes, PART/pixel_spacing.csv the mm of a pixel.
        out: Folder to write: IMAGE/BONE.png, IMAGE/BONE.nii.gz, IMAGE.json for LabelMe (outlines,
            without holes and specks), or instances.json with COCO's RLE.
        form: png, nifti, coco or labelme.
        submission: CSV: image_name,class,rle; by default the annotations are written.

    Returns:
        0.
    """
    path = None if submission is None else raw.reading_raw(submission)
    found = predicted.masks(raw.reading_raw(data), path, "export")
    with artifact.writing(out, folder=True) as folder:
        count = _coco(folder, found) if form == "coco" else _files(folder, found, form)
    logger.info("%s: masks of %d images as %s", out, count, form)
    return 0


def _files(folder: Path, found: Iterator[Masked], form: str) -> int:
    written = 0
    for one in found:
        _WRITERS[form](folder, one.record.name, one.runs, one.shape, one.spacing)
        written += 1
    return written


def _coco(folder: Path, found: Iterator[Masked]) -> int:
    images, annotations = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, one in enumerate(found, start=1):
        height, width = one.shape
        images.append(
            {"id": number, "file_name": one.record.name, "height": height, "width": width}
        )
        first = len(annotations) + 1
        annotations += mask_files.coco_annotations(one.runs, one.shape, number, first)
    categories = [
        {"id": class_id + 1, "name": name, "supercategory": "bone"}
        for class_id, name in enumerate(bones.NAMES)
    ]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / COCO_FILE).write_text(json.dumps(document) + "\n", encoding="utf-8")
    return len(images)
