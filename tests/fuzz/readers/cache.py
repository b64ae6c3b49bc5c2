"""An image cache's train.arrow: its images, their people and their polygons."""

import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from handseg import bones
from handseg.images import cache_index, cache_row
from handseg.images.cache import ImageCache
from handseg.images.cache_index import Entry
from handseg.images.cache_row import CachedImage, Compression
from tests.fuzz.changes import arrow, cache_rows, trees
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_NAME = "train.arrow"
_BOMBS = 0.001
"""Part of the inputs that unfold to more than can be; each takes a while where it is read."""


def corpus() -> list[bytes]:
    """No image, one, and two with polygons, as they are and compressed."""
    files = [_file(count, "none") for count in range(3)]
    _bomb()
    return [*files, _file(2, "zstd")]


@cache
def _bomb() -> bytes:
    """Made once, before memory is watched."""
    row = cache_row.pack(cache_rows.drawn(0), "none").row
    notes = _notes({"compression": "none", "metadata": {}})
    return arrow.bomb(row.replace_schema_metadata(notes), 4)


def _file(count: int, compression: Compression) -> bytes:
    notes = _notes({"compression": compression, "metadata": {"data": "x"}})
    rows = [cache_row.pack(cache_rows.drawn(n), compression).row for n in range(count)]
    return arrow.file_of(cache_row.SCHEMA.with_metadata(notes), rows)


def _notes(notes: Any) -> dict[bytes, bytes]:
    text = json.dumps(notes, sort_keys=True).encode()
    sum_ = str(zlib.crc32(text)).encode()
    return {b"format": b"handseg image cache 2", b"notes": text, b"crc32": sum_}


def read(content: bytes, folder: Path) -> None:
    """Open it and read all its images."""
    (folder / _NAME).write_bytes(content)
    (folder / cache_index.FILE_NAME).write_text(_index_of(content), encoding="utf-8")
    opened = ImageCache(folder)
    must(all(isinstance(note, str) for note in opened.metadata.values()), "notes that are no text")
    names = opened.names("train")
    must(len(names) == len(opened), "images that are not counted")
    for image in opened.stream(names):
        check(image)


def _index_of(content: bytes) -> str:
    """An index of as many images as a file says that it holds, or of two."""
    try:
        count = pa.ipc.open_file(content).num_record_batches
    except (pa.ArrowException, OSError):
        count = 2
    images = [cache_rows.drawn(number) for number in range(min(count, 4))]
    entries = [Entry(one.name, one.person, "train", 0, 8) for one in images]
    return cache_index.to_text("none", entries)


def check(image: CachedImage) -> None:
    """Hold an image to what `CachedImage` promises: polygons are some, and of bones."""
    must(image.pixels.dtype == np.uint8 and image.pixels.ndim == 2, "no grey image")
    must(image.pixels.size > 0, "an image without pixels")
    for class_id, shapes in image.polygons.items():
        must(0 <= class_id < bones.COUNT, "a polygon of no bone")
        for points in shapes:
            must(points.shape == (len(points), 2) and len(points) >= 3, "a polygon without points")


def change(content: bytes, dice: Dice) -> bytes:
    """Change bytes of the file, or write one that says what none of ours would."""
    if dice.falls(0.5):
        return arrow.change_bytes(content, dice)
    if dice.falls(_BOMBS):
        return _bomb()
    compression: Compression = dice.random.choice(("none", "zstd"))
    notes: Any = {"compression": compression, "metadata": {"data": "x"}}
    if dice.falls(0.3):
        notes = trees.changed(notes, dice)
    count = dice.random.randint(1, 2)
    rows = [cache_rows.row(number, compression, dice) for number in range(count)]
    if dice.falls(0.1):
        rows.append(rows[0])
    schema = rows[0].schema.with_metadata(_notes(notes))
    same = [one for one in rows if one.schema == schema]
    file = arrow.file_of(schema, same, dice.random.choice((None, None, "zstd", "lz4")))
    return arrow.change_bytes(file, dice) if dice.falls(0.2) else file


TARGET = Target(corpus=corpus, read=read, change=change, names=_NAME, most_bytes=16_384)
