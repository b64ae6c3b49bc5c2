"""Masks of a data folder's images, by its annotations or by a submission, one image at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg import progress
from handseg.dataset import annotations, layout
from handseg.dataset.layout import ImageRecord
from handseg.ensemble import submission as submissions
from handseg.errors import BadInput
from handseg.images.reading import png_size
from handseg.interchange import spacing
from handseg.interchange.spacing import Spacing
from handseg.masks import bitfield, rle


@dataclass(frozen=True, eq=False)
class Masked:
    """One image's masks."""

    record: ImageRecord
    shape: tuple[int, int]
    """(height, width) of the image, in pixels."""
    runs: Sequence[rle.Runs]
    """29 in the official order."""
    spacing: Spacing | None
    """mm between rows and between columns, where pixel_spacing.csv tells it."""


def masks(root: Path, submission: Path | None, description: str) -> Iterator[Masked]:
    """Give the masks of every annotated image, or of every image of a submission, with progress.

    Args:
        root: data folder.
        submission: CSV; None takes the annotations.
        description: what is done with them, for the progress.

    Raises:
        BadInput: the data folder or the CSV has faults, or the CSV names another image.
    """
    records = layout.scan(root)
    known: dict[str, Spacing] = {}
    for part in ("train", "test"):
        known |= spacing.read(root / part / spacing.FILE_NAME)
    if submission is None:
        chosen = [record for record in records if record.annotation_path is not None]
        found = (_annotated(record, known) for record in chosen)
    else:
        texts = submissions.read(submission)
        by_name = {record.name: record for record in records}
        strangers = [name for name in texts if name not in by_name]
        if strangers:
            raise BadInput(f"{submission}: {strangers[0]} is no image of {root}; give its data")
        chosen = [by_name[name] for name in texts]
        found = (_predicted(record, texts[record.name], submission, known) for record in chosen)
    return progress.track(found, description=description, total=len(chosen))


def _annotated(record: ImageRecord, known: dict[str, Spacing]) -> Masked:
    height, width = png_size(record.image_path)
    path = record.annotation_path
    polygons = {} if path is None else annotations.load(path, height=height, width=width)
    runs = bitfield.class_runs(polygons, (height, width))
    return Masked(record, (height, width), runs, known.get(record.name))


def _predicted(
    record: ImageRecord, texts: Sequence[str], source: Path, known: dict[str, Spacing]
) -> Masked:
    height, width = png_size(record.image_path)
    try:
        runs = [rle.parse(text, height * width) for text in texts]
    except BadInput as error:
        raise BadInput(f"{source}: {record.name}: {error}") from error
    return Masked(record, (height, width), runs, known.get(record.name))
