"""Raw data held against what was made from them, by the manifest that an image cache keeps."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from handseg import pseudonyms
from handseg.commands.verify_alone import ABSENT, Checked, Difference
from handseg.dataset import layout, manifest
from handseg.dataset.layout import ImageRecord
from handseg.dataset.manifest import Change, DataSet
from handseg.dataset.refusal import refuse
from handseg.errors import BadInput
from handseg.pseudonyms import Pseudonyms
from handseg.storage import raw
from handseg.storage.location import Location

_REMEDY = "put back what it was, or make a new run from the data as they are"


def kept(checked: Sequence[Checked]) -> dict[str, list[Difference]]:
    """Compute the data's hashes again from what image caches kept, without the data.

    Returns:
        Differences by the name of the artifact whose record has another hash.
    """
    found: dict[str, list[Difference]] = {}
    parts = {one.kept.hash("train") for one in checked if one.kept}
    for one in checked:
        if one.kept and one.parents.get("data") != one.kept.hash():
            found[one.name] = [_of_record(one, "data", one.kept.hash())]
        if one.stage == "split" and parts and one.parents.get("train_part") not in parts:
            found[one.name] = [_of_record(one, "train_part", " or ".join(sorted(parts)))]
    return found


def _of_record(one: Checked, parent: str, expected: str) -> Difference:
    return Difference(
        file=one.found.record,
        what=f"parents.{parent}",
        found=str(one.parents.get(parent, ABSENT)),
        expected=expected,
        remedy=f"that is the image cache's {manifest.FILE_NAME}; make both from the same data",
    )


def against(data: Location, checked: Sequence[Checked]) -> list[Difference]:
    """Compare raw data with what they were when these artifacts were made.

    Raises:
        BadInput: nothing here was made from raw data, people are called otherwise in it, or the
            data hold no images.
        MissingInput: there are no such data.
    """
    made = [one for one in checked if set(one.parents) & {"data", "train_part"}]
    if not made:
        raise BadInput(
            f"{data}: nothing here was made from raw data; give the run's folder, its image cache "
            "or its fold table"
        )
    hidden = pseudonyms.from_environment()
    for one in made:
        hidden.check(one.found.location, one.parents)
    root = raw.reading_raw(data)
    now = _as_they_are(root, hidden)
    hashes = {"data": now.hash(), "train_part": now.hash("train")}
    stale = [
        Difference(
            file=one.found.record,
            what=f"parents.{parent}",
            found=str(one.parents[parent]),
            expected=current,
            remedy=f"{data} is not what it was made from; {_REMEDY}",
        )
        for parent, current in hashes.items()
        for one in made
        if one.parents.get(parent, current) != current
    ]
    kept = next((one.kept for one in made if one.kept), None)
    return [*(_changes(kept, now, root, data) if kept and stale else []), *stale]


def _as_they_are(root: Path, hidden: Pseudonyms) -> DataSet:
    """The data; what `handseg check` would call a fault is a difference here."""
    found = layout.survey(root)
    if not found.records:
        refuse(found.faults)
    records = layout.renamed(found.records, hidden.of)
    return DataSet(records, manifest.of(records, layout.file_hashes(records)))


def _changes(then: DataSet, now: DataSet, root: Path, data: Location) -> Iterator[Difference]:
    """Every image that was changed, the first in the data's order before others."""
    records = {image.name: image for image in now.images if isinstance(image, ImageRecord)}
    for change in manifest.changes(then.entries, now.entries):
        record = records.get(change.name)
        path = _path(change, record, root, data)
        found, expected = change.now or ABSENT, change.then or ABSENT
        what = change.what if change.what == "presence" else f"SHA-256 of the {change.what}"
        yield Difference(file=path, what=what, found=found, expected=expected, remedy=_REMEDY)
    for image in then.images:
        record = records.get(image.name)
        if record is not None and record.person != image.person:
            yield Difference(
                file=f"{data}: {image.part} image {image.name}",
                what="person",
                found=record.person,
                expected=image.person,
                remedy=_REMEDY,
            )


def _path(change: Change, record: ImageRecord | None, root: Path, data: Location) -> str:
    """Where the file lies; of one that is gone its name, whose folder may be hidden by a key."""
    path = None
    if record is not None:
        path = record.annotation_path if change.what == "annotation" else record.image_path
    if path is None:
        return f"{data}: {change.part} image {change.name}"
    return f"{data}/{path.relative_to(root).as_posix()}"
