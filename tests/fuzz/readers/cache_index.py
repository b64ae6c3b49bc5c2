"""The index of an image cache: where each image lies."""

from pathlib import Path

from handseg.images import cache_index
from handseg.images.cache import PARTS
from handseg.images.cache_index import Entry
from tests.fuzz.changes import trees
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_SOURCE = "s3://xrays/cache/index.json"


def corpus() -> list[bytes]:
    """No image, and three."""
    entries = [
        Entry("a.png", "ID1", "train", 8, 400),
        Entry("b.png", "ID1", "train", 408, 400),
        Entry("c.png", "ID2", "test", 8, 300),
    ]
    return [cache_index.to_text("zstd", entries[:count]).encode() for count in (0, 3)]


def read(content: bytes, folder: Path) -> None:
    """Parse it: every entry is a range of one of the two files, every image is there once."""
    index = cache_index.parse(content.decode("utf-8", "replace"), _SOURCE)
    must(index.compression in ("none", "zstd"), "a compression that there is none of")
    for entry in index.entries:
        must(type(entry.name) is str and type(entry.person) is str, "a name that is no text")
        must(entry.part in PARTS, "a part that there is none of")
        must(type(entry.offset) is int and entry.offset >= 0, "an offset that is none")
        must(type(entry.length) is int and entry.length > 0, "a length that is none")
    names = [entry.name for entry in index.entries]
    must(len(set(names)) == len(names), "an image twice")


TARGET = Target(corpus=corpus, read=read, change=trees.change, names=_SOURCE)
