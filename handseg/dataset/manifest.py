"""What a data set held, file by file: kept in the image cache, to say later which file changed.

It names no person; the data hash covers who owns an image.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handseg.dataset import layout
from handseg.dataset.layout import Image, ImageRecord
from handseg.errors import BadInput

FILE_NAME = "manifest.csv"
HEADER = ("part", "image_name", "image_sha256", "annotation_sha256")


@dataclass(frozen=True)
class Entry:
    """One image with its annotation."""

    part: str
    name: str
    image: str
    """SHA-256 of the image's file."""
    annotation: str
    """SHA-256 of the annotation's file; empty for test images."""

    @property
    def hashes(self) -> tuple[str, str]:
        """As `layout.file_hashes` has them."""
        return self.image, self.annotation


@dataclass(frozen=True)
class DataSet:
    """Images with whose they are, and what their files held, in the same order."""

    images: Sequence[Image]
    entries: Sequence[Entry]

    def hash(self, part: str | None = None) -> str:
        """The hash of all of it, or of one part; see `layout.data_hash`."""
        chosen = [
            (image, entry.hashes)
            for image, entry in zip(self.images, self.entries, strict=True)
            if part in (None, image.part)
        ]
        return layout.combine([image for image, _ in chosen], [hashes for _, hashes in chosen])


@dataclass(frozen=True)
class Change:
    """An image whose files are not what they were."""

    part: str
    name: str
    what: str
    """image, annotation, or presence: "there" or "absent"."""
    then: str
    now: str


def of(records: Sequence[ImageRecord], hashes: Sequence[tuple[str, str]]) -> list[Entry]:
    """The manifest of images, from their `layout.file_hashes`."""
    pairs = zip(records, hashes, strict=True)
    return [Entry(record.part, record.name, *content) for record, content in pairs]


def to_text(entries: Sequence[Entry]) -> str:
    """Write a manifest as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((e.part, e.name, e.image, e.annotation) for e in entries)
    return text.getvalue()


def parse(text: str, source: str) -> list[Entry]:
    """Read what `to_text` wrote.

    Raises:
        BadInput: it is no manifest; `source` names it.
    """
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or tuple(lines[0]) != HEADER or any(len(line) != len(HEADER) for line in lines):
        raise BadInput(f"{source}: no manifest of a data set; make the image cache again")
    return [Entry(*line) for line in lines[1:]]


def changes(then: Sequence[Entry], now: Sequence[Entry]) -> Iterator[Change]:
    """List what differs, in the order of the first; what is new comes last."""
    current = {(entry.part, entry.name): entry for entry in now}
    for entry in then:
        found = current.pop((entry.part, entry.name), None)
        if found is None:
            yield Change(entry.part, entry.name, "presence", "there", "absent")
            continue
        if found.image != entry.image:
            yield Change(entry.part, entry.name, "image", entry.image, found.image)
        if found.annotation != entry.annotation:
            yield Change(entry.part, entry.name, "annotation", entry.annotation, found.annotation)
    for entry in current.values():
        yield Change(entry.part, entry.name, "presence", "absent", "there")
