"""How many images a data folder or bucket holds, and how large they are, by their headers alone."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg.dataset import layout
from handseg.dataset.refusal import line
from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.images import png
from handseg.storage import s3, s3_listing
from handseg.storage.location import Location

_OBJECT = re.compile(r"(train|test)/DCM/[^/]+/[^/]+\.png")


@dataclass(frozen=True)
class Images:
    """What is there."""

    train: Sequence[tuple[int, int]]
    """(height, width) of each image of the train part."""
    test: Sequence[tuple[int, int]]
    fetched_bytes: int
    """What a stage downloads before it begins; 0 of a local folder."""
    fault: str = ""
    """The first that `handseg check` would list of names and headers; empty without any."""


@functools.cache
def find(data: Location) -> Images:
    """Look at the names and headers of a data folder; of a bucket, at the first image's header.

    Raises:
        MissingInput: nothing is there.
        BadInput: access is denied, or the first image of a bucket is no PNG.
        HandsegError: the store does not answer.
    """
    return _remote(data) if data.is_remote else _local(data.path)


def _local(root: Path) -> Images:
    if not root.exists():
        raise MissingInput(f"{root}: not found; give an existing folder")
    found = layout.survey(root)
    faults = [line(fault) for fault in found.faults]
    shapes: dict[str, list[tuple[int, int]]] = {"train": [], "test": []}
    for record in found.records:
        try:
            shapes[record.part].append(_shape(_start(record.image_path), str(record.image_path)))
        except HandsegError as error:
            faults.append(str(error))
    return Images(shapes["train"], shapes["test"], 0, faults[0] if faults else "")


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(png.HEADER_BYTES)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}); make it readable") from error


def _remote(data: Location) -> Images:
    sizes = s3_listing.sizes(data)
    parts = {name: match[1] for name in sorted(sizes) if (match := _OBJECT.fullmatch(name))}
    if not parts:
        raise MissingInput(
            f"{data}: {len(sizes)} objects and no train/DCM/PERSON/IMAGE.png among them; "
            "check the bucket and the prefix"
        )
    first = next(iter(parts))
    place = data.child(first)
    shape = _shape(s3.read_range(place, 0, png.HEADER_BYTES), str(place))
    counts = [list(parts.values()).count(part) for part in ("train", "test")]
    train, test = ([shape] * count for count in counts)
    return Images(train, test, sum(sizes.values()))


def _shape(start: bytes, source: str) -> tuple[int, int]:
    header = png.header(start, source)
    return header.height, header.width
