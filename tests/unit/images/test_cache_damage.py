import random
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from handseg.errors import BadInput, MissingInput
from handseg.images import cache_row
from handseg.images.cache import PARTS, CachedImage, ImageCache
from tests.unit.images.made_cache import assert_equal, image


@pytest.mark.parametrize(
    ("notes", "fault"),
    [
        (b"[", "no JSON"),
        (b'{"compression": "lzma", "metadata": {}}', "must be one of none, zstd, got 'lzma'"),
        (b'{"compression": "none", "metadata": {"data": 1}}', "data: must be of type str, got 1"),
        (b'{"compression": "none"}', "missing"),
    ],
)
def test_notes_that_are_none_are_refused_whatever_their_checksum(
    cache_folder: Path, notes: bytes, fault: str
) -> None:
    path = cache_folder / "train.arrow"
    with pa.ipc.open_file(path.read_bytes()) as reader:
        schema = reader.schema
    crc = str(zlib.crc32(notes)).encode()
    changed = schema.with_metadata({**schema.metadata, b"notes": notes, b"crc32": crc})
    pa.ipc.new_file(str(path), changed).close()
    with pytest.raises(BadInput, match=rf"train\.arrow: its notes.*{fault}"):
        ImageCache(cache_folder)


@pytest.mark.parametrize("length", [0, 5, 100, -1, -100])
def test_a_truncated_file_is_refused(cache_folder: Path, length: int) -> None:
    path = cache_folder / "train.arrow"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BadInput, match=r"train\.arrow: truncated or damaged"):
        ImageCache(cache_folder)


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    schema = cache_row.SCHEMA.with_metadata({b"format": b"handseg image cache 1"})
    with pa.OSFile(str(tmp_path / "train.arrow"), "wb") as file:
        pa.ipc.new_file(file, schema).close()
    with pytest.raises(BadInput, match="not of the format 'handseg image cache 2'"):
        ImageCache(tmp_path)


def test_a_flipped_bit_in_the_pixels_is_found_at_the_first_read(cache_folder: Path) -> None:
    path, pixels = cache_folder / "train.arrow", image("b.png").pixels.tobytes()
    content = bytearray(path.read_bytes())
    content[content.index(pixels) + 9] ^= 4
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"train\.arrow: b\.png is damaged"):
        ImageCache(cache_folder).read("b.png")


def flipped(path: Path, bit: int, content: bytes) -> None:
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    # a new file each time: the old one may still be mapped
    path.unlink()
    path.write_bytes(damaged)


def read_or_refused(folder: Path) -> list[CachedImage] | None:
    try:
        cache = ImageCache(folder)
        return [cache.read(name) for part in PARTS for name in cache.names(part)]
    except (BadInput, MissingInput):
        return None


@pytest.mark.parametrize("name", ["train.arrow", "index.json"])
def test_a_flipped_bit_anywhere_changes_no_result_without_a_word(
    cache_folder: Path, name: str
) -> None:
    path, expected = cache_folder / name, read_or_refused(cache_folder)
    content = path.read_bytes()
    # All of the footer, which has no checksum and says how many record batches there are.
    footer = int.from_bytes(content[-10:-6], "little") + 10 if name == "train.arrow" else 0
    bits = range(8 * (len(content) - footer), 8 * len(content))
    refused = 0
    for bit in (*random.Random(0).sample(range(8 * len(content)), 800), *bits):
        flipped(path, bit, content)
        found = read_or_refused(cache_folder)
        refused += found is None
        for read, original in zip(found or [], expected or [], strict=found is not None):
            assert_equal(read, original)
    assert refused > 200
