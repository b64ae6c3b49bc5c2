"""One image of a cache in an object store, by the message that holds it."""

from pathlib import Path

import pyarrow as pa

from handseg.images import cache_row
from handseg.images.cache_index import Entry, Index
from handseg.images.cache_row import Compression
from handseg.images.cache_stream import StreamedCache
from tests.fuzz.changes import arrow, cache_rows
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.readers.cache import check
from tests.fuzz.target import Target

_SOURCE = "s3://xrays/cache"
_NAME = cache_rows.drawn(0).name


def corpus() -> list[bytes]:
    """An image as it is; compressed pixels are read by the index's word alone."""
    return [_message(cache_row.pack(cache_rows.drawn(0), "none").row)]


def _message(row: pa.RecordBatch) -> bytes:
    return bytes(row.serialize())


def read(content: bytes, folder: Path) -> None:
    """Read it as pixels that are as they are, and as compressed ones."""
    compressions: tuple[Compression, ...] = ("zstd", "none")
    for compression in compressions:
        entry = Entry(_NAME, "ID1", "train", 0, len(content))
        cache = StreamedCache(Index(compression, (entry,)), lambda *where: content, _SOURCE)
        try:
            image = cache.read(_NAME)
        except ValueError:
            if compression == "none":
                raise
            continue
        must(image.name == _NAME, "another image than was asked for")
        check(image)


def change(content: bytes, dice: Dice) -> bytes:
    """Change bytes of the message, or write one that says what none of ours would."""
    if dice.falls(0.5):
        return arrow.change_bytes(content, dice)
    compression: Compression = dice.random.choice(("none", "zstd"))
    return _message(cache_rows.row(0, compression, dice))


TARGET = Target(corpus=corpus, read=read, change=change, names=_SOURCE)
