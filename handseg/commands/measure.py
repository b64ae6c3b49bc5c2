"""`handseg measure`: figures of each bone of each image, as CSV or JSON."""

import csv
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

from handseg.commands import predicted
from handseg.errors import BadInput
from handseg.interchange import statistics
from handseg.interchange.statistics import BoneFigures
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_SUFFIXES = (".csv", ".json")


def measure(*, data: Location, out: Location, submission: Location | None = None) -> int:
    """Measure every bone: area, centre, box and axes, in pixels and, with a pixel spacing, in mm.

    Args:
        data: Data folder; its images tell the sizes, PART/pixel_spacing.csv the mm of a pixel.
        out: File to write, .csv or .json: a row for each image and bone.
        submission: CSV: image_name,class,rle; by default the annotations are measured.

    Returns:
        0.

    Raises:
        BadInput: `out` ends otherwise, and see `export-masks`.
    """
    suffix = Path(out.name).suffix
    if suffix not in _SUFFIXES:
        raise BadInput(f"{out}: give a name that ends in .csv or .json")
    path = None if submission is None else raw.reading_raw(submission)
    rows = [
        row
        for one in predicted.masks(raw.reading_raw(data), path, "measuring")
        for row in statistics.of_image(one.record.name, one.runs, one.shape, one.spacing)
    ]
    with artifact.writing(out, folder=False) as file:
        (_write_csv if suffix == ".csv" else _write_json)(file, rows)
    unknown = len({row.image_name for row in rows if row.area_mm2 is None})
    if unknown:
        logger.info("%d images have no pixel spacing, so no figures in mm", unknown)
    logger.info("%s: %d rows", out, len(rows))
    return 0


def _write_csv(path: Path, rows: Iterable[BoneFigures]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, [field.name for field in fields(BoneFigures)], lineterminator="\n"
        )
        writer.writeheader()
        for row in rows:
            writer.writerow({key: _shown(value) for key, value in asdict(row).items()})


def _shown(value: object) -> object:
    return f"{value:.4f}" if isinstance(value, float) else value


def _write_json(path: Path, rows: Iterable[BoneFigures]) -> None:
    text = json.dumps([asdict(row) for row in rows], indent=1)
    path.write_text(text + "\n", encoding="utf-8")
