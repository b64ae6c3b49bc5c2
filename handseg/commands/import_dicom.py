"""`handseg import-dicom`: DICOM files into a data folder's layout."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import cv2

from handseg import progress
from handseg.ahead import work_ahead
from handseg.dataset import layout
from handseg.dataset.layout import Part
from handseg.errors import BadInput, MissingInput
from handseg.interchange import dicom, spacing
from handseg.interchange.dicom import Radiograph
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
RECORD = "import.json"
Who = Literal["patient", "folder"]
Names = Literal["file", "uid"]
_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 3]


@dataclass(frozen=True)
class _Imported:
    """One file and what it became."""

    person: str
    name: str
    radiograph: Radiograph


def import_dicom(
    source: Location,
    *,
    out: Location,
    part: Part = "test",
    people: Who = "patient",
    names: Names = "file",
) -> int:
    """Turn DICOM X-rays into PNGs in the competition's layout.

    Grey values are rescaled, windowed by the file's own window and, where white is dark, inverted.
    Of everything else in the files, only pixel spacing and side are kept.

    Args:
        source: Folder of DICOM files, in folders of any depth.
        out: Data folder, which may hold the other part: writes PART/DCM/PERSON/IMAGE.png,
            PART/pixel_spacing.csv (mm of a pixel, where files tell it) and PART/import.json (how
            each file was windowed).
        part: train or test; training images need annotations in train/outputs_json besides.
        people: Whose an image is: by the file's PatientID, or by the folder it lies in.
        names: What an image is called: as its file, or by its SOPInstanceUID.

    Returns:
        0.

    Raises:
        MissingInput: there is no file.
        BadInput: a file is no grey X-ray, a name or id is refused or given twice, or the part is
            there.
    """
    root = source.path
    if not root.is_dir():
        raise MissingInput(f"{source}: not found; give a folder of DICOM files")
    files = sorted(path for path in root.rglob("*") if path.is_file() and path.name[0] != ".")
    if not files:
        raise MissingInput(f"{source}: holds no file; give a folder of DICOM files")
    place = out.child(part)
    with artifact.writing(place, folder=True) as folder:
        read = partial(_read, people=people, names=names)
        found = progress.track(work_ahead(read, files), description="import", total=len(files))
        _write(folder, zip(files, found, strict=True))
    logger.info("%s: %d images", place, len(files))
    return 0


def _read(path: Path, *, people: Who, names: Names) -> _Imported:
    radiograph = dicom.read(path)
    person = radiograph.patient if people == "patient" else path.parent.name
    stem = path.stem if names == "file" else radiograph.uid
    name = f"{stem}_{radiograph.side}" if radiograph.side else stem
    for text, what, remedy in (
        (person, "PatientID" if people == "patient" else "folder", "give --people folder"),
        (name, "name", "give --names uid"),
    ):
        if not layout.is_safe(text):
            raise BadInput(
                f"{path}: {what} {text!r} is refused: letters, digits, '.', '_' and '-' are "
                f"allowed, '.' and '-' not in front; change it, or {remedy}"
            )
    return _Imported(person, f"{name}.png", radiograph)


def _write(folder: Path, found: Iterator[tuple[Path, _Imported]]) -> None:
    came_from: dict[str, Path] = {}
    told, record = {}, {}
    for path, image in found:
        other = came_from.setdefault(image.name, path)
        if other is not path:
            raise BadInput(f"{path}: named {image.name}, as is {other}; give --names uid")
        place = folder / layout.IMAGES / image.person
        place.mkdir(parents=True, exist_ok=True)
        png = cv2.imencode(".png", image.radiograph.pixels, _FAST)[1]
        (place / image.name).write_bytes(png.tobytes())
        record[image.name] = {"window": image.radiograph.window}
        if image.radiograph.spacing_mm is not None:
            told[image.name] = image.radiograph.spacing_mm, image.radiograph.spacing_from
    spacing.write(folder / spacing.FILE_NAME, told)
    text = json.dumps(dict(sorted(record.items())), indent=1)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")
