"""Stage two: images adjusted at full size, with their polygons, into the image cache."""

import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import cv2

from handseg import progress, provenance
from handseg.dataset import annotations, layout
from handseg.dataset.layout import ImageRecord
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images import adjustments, reading
from handseg.images.cache import CachedImage, CacheWriter
from handseg.settings import PreprocessSettings
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_AHEAD = 4
"""Images prepared ahead of the one being written, for each core."""


def preprocess(
    *,
    data: Location,
    folds: Location,
    out: Location,
    settings: PreprocessSettings = PreprocessSettings(),  # noqa: B008 - frozen
) -> None:
    """Adjust every image and write the image cache; complete, it does nothing.

    Args:
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        folds: Fold table that `split` wrote.
        out: Image cache to write.
        settings: The adjustments.
    """
    started = datetime.now(UTC)
    records = layout.scan(raw.reading_raw(data))
    with artifact.reading(folds) as table_path:
        _check_table(FoldTable.read(table_path), records)
        data_hash = layout.data_hash(records)
        parents = {"data": data_hash, "folds": artifact.content_hash(table_path)}
    recorded = provenance.settings_dict(settings)
    if provenance.is_done(out, stage="preprocess", settings=recorded, parents=parents):
        logger.info("%s is complete: nothing to preprocess", out)
        return
    if settings.saturation != 1:
        logger.info("saturation is the identity on grey images: nothing is altered by it")
    with artifact.writing(out, folder=True) as folder:
        with CacheWriter(folder, {"data": data_hash}, settings.compression) as writer:
            prepared = _prepare_all(records, settings)
            for image in progress.track(prepared, description="preprocess", total=len(records)):
                writer.add(image)
        record = provenance.record(
            stage="preprocess", settings=recorded, parents=parents, started=started
        )
        provenance.write(folder, record)
    logger.info("%s: %d images", out, len(records))


def _check_table(table: FoldTable, records: Sequence[ImageRecord]) -> None:
    """Refuse a fold table of other images or people than the data's."""
    wanted = {(r.name, r.person) for r in records if r.part == "train"}
    found = {(row.image_name, row.person) for row in table.rows}
    for there, where in ((wanted - found, "the data, not the fold table"),
                         (found - wanted, "the fold table, not the data")):  # fmt: skip
        if there:
            names = ", ".join(name for name, _ in sorted(there)[:5])
            raise BadInput(f"{len(there)} images are in {where} ({names} ...); split again")


def _prepare_all(
    records: Sequence[ImageRecord], settings: PreprocessSettings
) -> Iterator[CachedImage]:
    """Images in the records' order, prepared on all cores; OpenCV leaves Python's lock to others."""
    cores = os.cpu_count() or 1
    waiting: deque[Future[CachedImage]] = deque()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # one image a core; more threads would only wait for each other
    try:
        with ThreadPoolExecutor(cores, "handseg-preprocess") as pool:
            for record in records:
                waiting.append(pool.submit(_prepare, record, settings))
                if len(waiting) > _AHEAD * cores:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        cv2.setNumThreads(threads)


def _prepare(record: ImageRecord, settings: PreprocessSettings) -> CachedImage:
    pixels = reading.read_grey(record.image_path)
    height, width = pixels.shape
    polygons = {}
    if record.annotation_path is not None:
        polygons = annotations.load(record.annotation_path, height=height, width=width)
    adjusted = adjustments.adjust(pixels, settings)
    return CachedImage(record.name, record.person, record.part, adjusted, polygons)
