"""Stage two: images adjusted at full size, with their polygons, into the image cache."""

import logging
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from handseg import progress, provenance, pseudonyms
from handseg.ahead import work_ahead
from handseg.dataset import annotations, layout, manifest, twins
from handseg.dataset.layout import ImageRecord
from handseg.dataset.refusal import refuse
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images import adjustments, reading, room
from handseg.images.cache import CachedImage, CacheWriter, PackedImage
from handseg.provenance import Origin, Start
from handseg.settings import PreprocessSettings
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_STAGE = "preprocess"
GREY = "images are grey, so that saturation is the identity: nothing is altered by it"


def preprocess(
    *,
    data: Location,
    folds: Location,
    out: Location,
    person_key: str | None = None,
    settings: PreprocessSettings = PreprocessSettings(),  # noqa: B008 - frozen
) -> None:
    """Adjust every image and write the image cache; complete, it does nothing.

    Args:
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        folds: Fold table that `split` wrote.
        out: Image cache to write.
        person_key: Fingerprint of the key that HANDSEG_PERSON_KEY must hold, empty where it may
            hold none; by default it must be the fold table's.
        settings: The adjustments.

    Raises:
        BadInput: the data has faults, are not those of the fold table, or call people otherwise; or
            the disk is too small.
    """
    started, hidden = Start.now(), pseudonyms.from_environment()
    hidden.expect(person_key)
    for place in (folds, out):
        hidden.check(place, provenance.parents_of(place))
    artifact.require_writable(out)
    records = layout.renamed(layout.scan(raw.reading_raw(data)), hidden.of)
    with artifact.reading(folds) as table_path:
        people = {r.name: r.person for r in records if r.part == "train"}
        FoldTable.read(table_path).check_fits(people, source=str(folds), where="data")
        folds_hash = artifact.content_hash(table_path)
    hashes = layout.file_hashes(records)
    data_hash = layout.combine(records, hashes)
    parents = {"data": data_hash, "folds": folds_hash, **hidden.recorded()}
    recorded = provenance.settings_dict(settings)
    if provenance.is_done(out, stage=_STAGE, settings=recorded, parents=parents):
        logger.info("%s is complete: nothing to do", out)
        return
    notes = [GREY] if settings.saturation != 1 else []
    for note in notes:
        logger.info("%s", note)
    with artifact.writing(out, folder=True) as folder:
        _check_room(folder, records, settings)
        _write(folder, records, settings, {"data": data_hash, **hidden.recorded()})
        text = manifest.to_text(manifest.of(records, hashes))
        (folder / manifest.FILE_NAME).write_text(text, encoding="utf-8")
        record = provenance.record(
            stage=_STAGE,
            settings=recorded,
            parents=parents,
            origin=Origin(data=(data_hash,), folds=(folds_hash,)),
            started=started,
            extra={"images": len(records), "notes": notes},
        )
        provenance.write(folder, record)
    logger.info("%s: %d images", out, len(records))


def _check_room(folder: Path, records: Sequence[ImageRecord], settings: PreprocessSettings) -> None:
    """Refuse at once what would fill the disk; reads the images' headers."""
    shapes = (reading.png_size(record.image_path) for record in records)
    needed = room.cache_bytes(shapes, settings.compression)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise BadInput(
            f"{folder.parent}: the image cache needs about {needed / 1e9:.1f} GB, {free / 1e9:.1f} "
            "GB are free; make room, or set compression to zstd"
        )


def _write(
    folder: Path,
    records: Sequence[ImageRecord],
    settings: PreprocessSettings,
    metadata: dict[str, str],
) -> None:
    hashes = []
    with CacheWriter(folder, metadata, settings.compression) as writer:
        prepared = work_ahead(partial(prepare, settings=settings, writer=writer), records)
        for packed, pixels in progress.track(prepared, description=_STAGE, total=len(records)):
            writer.write(packed)
            hashes.append(pixels)
    faults, _ = twins.find_twins(records, hashes)
    refuse(faults)


def prepare(
    record: ImageRecord, *, settings: PreprocessSettings, writer: CacheWriter
) -> tuple[PackedImage, str]:
    """An image ready to be written, and the hash of its pixels before they were adjusted."""
    pixels = reading.read_grey(record.image_path)
    polygons = {}
    if record.annotation_path is not None:
        height, width = pixels.shape
        polygons = annotations.load(record.annotation_path, height=height, width=width)
    adjusted = adjustments.adjust(pixels, settings)
    image = CachedImage(record.name, record.person, record.part, adjusted, polygons)
    return writer.pack(image), twins.pixel_hash(pixels)
