"""Which images a cache holds, and where each lies, so that one can be read without the others."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, get_args

from handseg.dataset.layout import is_safe
from handseg.errors import BadInput, shown, told
from handseg.images.cache_row import Compression, Part

FILE_NAME = "index.json"
_TYPES = (str, str, str, int, int)


@dataclass(frozen=True)
class Entry:
    """One image's record batch, an encapsulated Arrow message."""

    name: str
    person: str
    part: Part
    """Its file is PART.arrow."""
    offset: int
    """Of the message in its file, in bytes."""
    length: int
    """In bytes."""


@dataclass(frozen=True)
class Index:
    """What is known of a cache without its images."""

    compression: Compression
    entries: tuple[Entry, ...]
    """In the order they were written."""


def to_text(compression: Compression, entries: Sequence[Entry]) -> str:
    """Write an index; the same images give the same text."""
    rows = ",\n".join(json.dumps(astuple(entry)) for entry in entries)
    return f'{{"compression": "{compression}", "images": [\n{rows}\n]}}\n'


def parse(text: str | bytes, source: str) -> Index:
    """Read what `to_text` wrote.

    Raises:
        BadInput: it is none; `source` names it.
    """
    try:
        value = json.loads(text)
        entries = tuple(map(_entry, value["images"]))
        if len({entry.name for entry in entries}) < len(entries):
            raise ValueError("an image is there twice")
        if value["compression"] not in get_args(Compression):
            raise ValueError(f"compression {shown(value['compression'])}")
        return Index(value["compression"], entries)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput(
            f"{source}: no index of an image cache ({told(error)}); make the cache again"
        ) from error


def _entry(row: Sequence[Any]) -> Entry:
    if tuple(map(type, row)) == _TYPES:
        entry = Entry(*row)
        is_named = is_safe(entry.name) and entry.part in get_args(Part)
        if is_named and entry.offset >= 0 and entry.length > 0:
            return entry
    raise ValueError(f"{shown(row)} is no image")
