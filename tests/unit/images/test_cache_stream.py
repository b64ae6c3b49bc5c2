from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from handseg.errors import BadInput, MissingInput
from handseg.images import cache_index
from handseg.images.cache import CachedImage, CacheWriter, ImageCache, Part
from handseg.images.cache_row import Compression
from handseg.images.cache_stream import StreamedCache

NAMES = [f"{number:02d}.png" for number in range(30)]
Read = Callable[[str, int, int], bytes]


def image(number: int) -> CachedImage:
    pixels = np.random.default_rng(number).integers(0, 256, (9, 5 + number), np.uint8)
    polygons = {number % 29: [np.array([[1, 2], [3, 4], [5, number]], np.int32)]}
    part: Part = "test" if number % 3 == 0 else "train"
    return CachedImage(NAMES[number], "ann", part, pixels, polygons if part == "train" else {})


@pytest.fixture(params=["none", "zstd"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    compression: Compression = request.param
    with CacheWriter(tmp_path, {}, compression) as writer:
        for number in range(len(NAMES)):
            writer.add(image(number))
    return tmp_path


def from_disk(folder: Path) -> Read:
    def read(name: str, offset: int, length: int) -> bytes:
        return (folder / name).read_bytes()[offset : offset + length]

    return read


def opened(folder: Path, read: Read | None = None) -> StreamedCache:
    index = cache_index.parse((folder / cache_index.FILE_NAME).read_text(), "index")
    return StreamedCache(index, read or from_disk(folder), "s3://bucket/cache")


def test_it_reads_what_lies_there(folder: Path) -> None:
    here, afar = ImageCache(folder), opened(folder)
    for part in ("train", "test"):
        assert afar.names(part) == here.names(part)
    for found in afar.stream(NAMES[::-1]):
        expected = here.read(found.name)
        assert (found.person, found.part) == (expected.person, expected.part)
        assert np.array_equal(found.pixels, expected.pixels)
        assert str(found.polygons) == str(expected.polygons)
    assert [found.name for found in afar.stream(NAMES)] == NAMES


def test_images_are_fetched_a_few_ahead_of_their_use_and_no_others(folder: Path) -> None:
    fetched: list[int] = []
    disk = from_disk(folder)

    def counted(name: str, offset: int, length: int) -> bytes:
        fetched.append(length)
        return disk(name, offset, length)

    some = opened(folder, counted).stream(NAMES[:25])
    assert next(some).name == NAMES[0]
    assert len(fetched) <= 10  # of 25: that one, and those that eight threads have begun
    list(some)
    assert len(fetched) == 25


@pytest.mark.parametrize("faults", [1, 2])
def test_a_flipped_bit_is_read_once_more_and_then_refused(folder: Path, faults: int) -> None:
    left, disk = [faults], from_disk(folder)

    def flipping(name: str, offset: int, length: int) -> bytes:
        content = bytearray(disk(name, offset, length))
        if left[0]:
            left[0] -= 1
            content[-20] ^= 1
        return bytes(content)

    cache = opened(folder, flipping)
    if faults == 1:
        assert np.array_equal(cache.read(NAMES[1]).pixels, image(1).pixels)
    else:
        with pytest.raises(BadInput, match=r"s3://bucket/cache: image 01\.png is damaged, read 2"):
            cache.read(NAMES[1])


def test_no_flipped_bit_changes_an_image_without_a_word(folder: Path) -> None:
    disk, expected = from_disk(folder), image(1)
    (entry,) = [
        entry
        for entry in cache_index.parse((folder / "index.json").read_text(), "").entries
        if entry.name == NAMES[1]
    ]
    for position in range(0, entry.length, 7):

        def flipping(name: str, offset: int, length: int, at: int = position) -> bytes:
            content = bytearray(disk(name, offset, length))
            content[at] ^= 1 << at % 8
            return bytes(content)

        try:
            found = opened(folder, flipping).read(NAMES[1])
        except BadInput:
            continue
        assert np.array_equal(found.pixels, expected.pixels)
        assert str(found.polygons) == str(expected.polygons)


def test_another_image_at_its_place_is_refused(folder: Path) -> None:
    entries = {
        e.name: e for e in cache_index.parse((folder / "index.json").read_text(), "").entries
    }
    disk, other = from_disk(folder), entries[NAMES[2]]

    def read(name: str, offset: int, length: int) -> bytes:
        return disk(name, other.offset, other.length)

    with pytest.raises(BadInput, match=r"image 01\.png is damaged"):
        opened(folder, read).read(NAMES[1])


def test_an_image_that_is_not_there_is_missing_input(folder: Path) -> None:
    with pytest.raises(MissingInput, match=r"s3://bucket/cache: holds no image z\.png"):
        opened(folder).read("z.png")


@pytest.mark.parametrize("length", [0, 3, 8, 100])
def test_a_message_cut_short_is_refused(folder: Path, length: int) -> None:
    disk = from_disk(folder)
    cache = opened(folder, lambda *where: disk(*where)[:length])
    with pytest.raises(BadInput, match=r"image 01\.png is damaged, read 2 times"):
        cache.read(NAMES[1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"images": [1], "compression": "none"}',
        '{"images": [], "compression": "lzma"}',
        '{"images": [["a.png", "ann", "valid", 8, 9]], "compression": "none"}',
        '{"images": [["a.png", "ann", "train", -1, 9]], "compression": "none"}',
        '{"images": [["a.png", "ann", "train", 8, 0]], "compression": "none"}',
        '{"images": [["../a.png", "ann", "train", 8, 9]], "compression": "none"}',
    ],
)
def test_a_damaged_index_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="cache/index: no index of an image cache"):
        cache_index.parse(text, "cache/index")
