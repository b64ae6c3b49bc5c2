"""A look at the data before anything is trained: one page, and its figures as JSON."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from handseg import bones, progress, provenance, pseudonyms
from handseg.ahead import work_ahead
from handseg.dataset import annotations, layout
from handseg.dataset.fault import Fault
from handseg.dataset.layout import ImageRecord
from handseg.eda import demographics, measures, page, refused, summary
from handseg.eda import films as drawn
from handseg.eda.demographics import Demographics
from handseg.eda.films import Film
from handseg.eda.measures import ImageMeasures
from handseg.eda.outlier import Outlier
from handseg.errors import BadInput, HandsegError
from handseg.images import reading
from handseg.masks.polygons import Polygons
from handseg.provenance import Origin, Start
from handseg.report import wording
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_STAGE = "eda"
PAGE, FACTS = "eda.html", "eda.json"
_FILMS = 18
"""Pictures on the page; all findings stand in its table."""


def eda(
    *,
    data: Location,
    out: Location,
    html: Location | None = None,
    person_key: str | None = None,
    no_images: bool = False,
) -> None:
    """Look at a data set: bones, overlaps, train against test, people, and the oddest images first.

    Complete, it does nothing. Images and annotations that `handseg check` finds faults in come
    first, with a warning for each, and the look goes on with what can be read of them; faults of
    names and pairs of files are refused.

    Args:
        data: Folder with train/ and, where there is one, test/ in the competition's layout, and
            meta_data.xlsx where there is one.
        out: Folder to write: eda.html, one self-contained page, and eda.json with the same figures
            and every outlier, worst first.
        html: HTML file to write the page to as well; none by default.
        person_key: Fingerprint of the key that HANDSEG_PERSON_KEY must hold, empty where it may
            hold none; by default it may hold any, or none.
        no_images: Leave every X-ray out of the page, which says so.

    Raises:
        BadInput: names or pairs of files have faults, no image can be read, or people are to be
            called otherwise than in `out`.
    """
    started, hidden = Start.now(), pseudonyms.from_environment()
    hidden.expect(person_key)
    hidden.check(out, provenance.parents_of(out))
    listed = layout.scan(root := raw.reading_raw(data))
    records = layout.renamed(listed, hidden.of)
    parents = {"data": layout.data_hash(records), **hidden.recorded()}
    settings = {"no_images": True} if no_images else {}
    if provenance.is_done(out, stage=_STAGE, settings=settings, parents=parents):
        logger.info("%s is complete: nothing to do", out)
        return
    sheet = root / demographics.FILE_NAME
    people = {record.person for record in listed}
    known = demographics.read(sheet, people) if sheet.is_file() else None
    found = _summary(records, data, known)
    films = _films(records, found.outliers, with_images=not no_images)
    text = page.render(found, films, with_images=not no_images)
    with artifact.writing(out, folder=True) as folder:
        (folder / PAGE).write_text(text, encoding="utf-8")
        facts = json.dumps(page.to_json(found), indent=1, ensure_ascii=False) + "\n"
        (folder / FACTS).write_text(facts, encoding="utf-8")
        record = provenance.record(
            stage=_STAGE, settings=settings, parents=parents,
            origin=Origin(data=(parents["data"],)), started=started,
        )  # fmt: skip
        provenance.write(folder, record)
    if html is not None:
        with artifact.writing(html, folder=False, replace=True) as path:
            path.write_text(text, encoding="utf-8")
            provenance.write(path, record)
    _log(out, found.outliers)


def _summary(
    records: Sequence[ImageRecord], data: Location, known: Demographics | None
) -> summary.Summary:
    working = work_ahead(_look, records)
    looks = list(progress.track(working, description=_STAGE, total=len(records)))
    measured = [look.measures for look in looks if look.measures is not None]
    if not measured:
        raise BadInput(f"{data}: no image can be read; `handseg check` says why")
    return summary.of_images(
        measured,
        data_name=data.name,
        demographics=known,
        refused=[one for look in looks for one in look.refused],
    )


def _log(out: Location, outliers: Sequence[Outlier]) -> None:
    for one in outliers:
        if one.is_fault:
            logger.warning("%s: %s", one.image_name, one.reason)
    wrong = {one.image_name for one in outliers if one.is_label}
    logger.info(
        "%s: %s with labels that are probably wrong, %s in all; %s shows them",
        out, wording.count(len(wrong), "image"), wording.count(len(outliers), "finding"),
        out.child(PAGE),
    )  # fmt: skip


@dataclass(frozen=True)
class _Look:
    """One image, as far as it can be read."""

    measures: ImageMeasures | None
    refused: list[Outlier]


def _look(record: ImageRecord) -> _Look:
    try:
        pixels = reading.read_grey(record.image_path)
    except HandsegError as error:
        said = str(error).removeprefix(f"{record.image_path}: ")
        value, _, remedy = said.partition("; ")
        fault = Fault(str(record.image_path), "unusable image", value, remedy)
        return _Look(None, refused.of_faults(record.name, [fault]))
    polygons, faults = _annotation(record, pixels)
    # Of a few bones nothing can be said.
    usable = polygons if 2 * len(polygons) >= bones.COUNT else None
    return _Look(measures.of_image(record, pixels, usable), refused.of_faults(record.name, faults))


def _annotation(record: ImageRecord, pixels: NDArray[np.uint8]) -> tuple[Polygons, list[Fault]]:
    """What can be read of an annotation, empty where there is none, and its faults."""
    path, (height, width) = record.annotation_path, pixels.shape
    if path is None:
        return {}, []
    found = annotations.examine(path, height=height, width=width)
    return found.polygons, [*found.faults, *annotations.missing(path, found)]


def _films(
    records: Sequence[ImageRecord], outliers: Sequence[Outlier], *, with_images: bool
) -> list[Film]:
    """The oddest images, read once more."""
    by_name = {record.name: record for record in records}
    names = list(dict.fromkeys(one.image_name for one in outliers))[:_FILMS]
    of = {
        name: list(group)
        for name, group in groupby(
            sorted(outliers, key=lambda one: one.image_name), key=lambda one: one.image_name
        )
    }
    draw = partial(_film, of=of, with_image=with_images)
    return list(work_ahead(draw, [by_name[name] for name in names]))


def _film(record: ImageRecord, of: dict[str, list[Outlier]], with_image: bool) -> Film:
    found = of[record.name]
    bare = Film(name=record.name, person=record.person, outliers=found, picture=None, outlines=[])
    if not with_image:
        return bare
    try:
        pixels = reading.read_grey(record.image_path)
    except HandsegError:  # among its outliers
        return bare
    polygons, _ = _annotation(record, pixels)
    return drawn.of_image(record.name, record.person, found, pixels, polygons)
