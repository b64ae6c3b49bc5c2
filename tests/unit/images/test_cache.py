import pickle
import random
import zlib
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import BadInput, MissingInput
from handseg.images import cache_row
from handseg.images.cache import PARTS, CachedImage, CacheWriter, ImageCache, Part
from handseg.images.cache_row import Compression
from handseg.masks.polygons import Polygons
from handseg.row_file import Damaged

TRIANGLE = np.array([[1, 2], [3, 4], [5, 0]], np.int32)
COMPRESSIONS: tuple[Compression, ...] = ("none", "zstd")


def image(name: str, person: str = "ann", part: Part = "train", seed: int = 0) -> CachedImage:
    pixels = np.random.default_rng(seed).integers(0, 256, (7, 5 + seed), np.uint8)
    polygons = {0: [TRIANGLE], 28: [TRIANGLE + 1, TRIANGLE + 2]} if part == "train" else {}
    return CachedImage(name, person, part, pixels, polygons)


def write(
    folder: Path, *images: CachedImage, compression: Compression = "none", notes: str = "x"
) -> Path:
    folder.mkdir(exist_ok=True)
    with CacheWriter(folder, {"data": notes}, compression) as writer:
        for each in images:
            writer.add(each)
    return folder


def assert_equal(found: CachedImage, expected: CachedImage) -> None:
    assert (found.name, found.person, found.part) == (
        expected.name,
        expected.person,
        expected.part,
    )
    assert found.pixels.dtype == np.uint8
    assert np.array_equal(found.pixels, expected.pixels)
    assert found.polygons.keys() == expected.polygons.keys()
    for class_id, shapes in expected.polygons.items():
        assert [p.tolist() for p in found.polygons[class_id]] == [p.tolist() for p in shapes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = [image("b.png"), image("a.png", "bob", seed=1), image("t.png", "cleo", "test", seed=2)]
    return write(tmp_path / "cache", *images)


def test_images_are_listed_by_part_in_the_order_they_were_written(folder: Path) -> None:
    cache = ImageCache(folder)
    assert cache.names("train") == ["b.png", "a.png"]
    assert cache.people("train") == {"b.png": "ann", "a.png": "bob"}
    assert cache.people("test") == {"t.png": "cleo"}
    assert len(cache) == 3
    assert cache.metadata == {"data": "x"}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_is_written_is_read(tmp_path: Path, compression: Compression) -> None:
    images = [image("b.png"), image("t.png", part="test", seed=3)]
    cache = ImageCache(write(tmp_path / "cache", *images, compression=compression))
    for expected in images:
        assert_equal(cache.read(expected.name), expected)
        assert_equal(cache.read(expected.name), expected)


@st.composite
def polygons(draw: st.DrawFn) -> Polygons:
    points = hnp.arrays(np.int32, st.tuples(st.integers(3, 6), st.just(2)))
    return draw(
        st.dictionaries(st.integers(0, 28), st.lists(points, min_size=1, max_size=3), max_size=4)
    )


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    polygons(),
    st.sampled_from(COMPRESSIONS),
)
def test_unpacking_undoes_packing(
    pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    polygons: Polygons,
    compression: Compression,
) -> None:
    expected = CachedImage("a.png", "ann", "train", pixels, polygons)
    packed = cache_row.pack(expected, compression)
    cache_row.check_intact(packed.row, "a.png", "ann")
    for name, person in (("b.png", "ann"), ("a.png", "bob")):
        with pytest.raises(Damaged, match="CRC-32, name or person differ"):
            cache_row.check_intact(packed.row, name, person)
    assert_equal(cache_row.unpack(packed.row, "train", compression), expected)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"height": 8}, "pixels of|ZSTD"),
        ({"height": 0}, "an image of 5 x 0"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "an image of 4294967295 x 4294967295"),
        ({"pixels": b"\0" * 34}, "pixels of|ZSTD"),
        ({"class_ids": b"\0\x1d\x1c"}, "polygons of other bones or points"),
        ({"class_ids": b"\0"}, "polygons of other bones or points"),
        ({"lengths": b"\0" * 12}, "polygons of other bones or points"),
        ({"lengths": b"\xff" * 12}, "polygons of other bones or points"),
        ({"lengths": b"\3\0\0\0" * 2 + b"\3\0\0"}, "polygons of other bones or points"),
        ({"points": b"\0" * 71}, "polygons of other bones or points"),
    ],
)
def test_a_row_that_holds_no_image_is_refused_whatever_its_checksum(
    changes: dict[str, Any], fault: str, compression: Compression
) -> None:
    row = cache_row.pack(image("a.png"), compression).row
    for name, value in changes.items():
        number = row.schema.get_field_index(name)
        field = row.schema.field(number)
        row = row.set_column(number, field, pa.array([value], field.type))
    with pytest.raises(Damaged, match=fault):
        cache_row.unpack(row, "train", compression)


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
    folder: Path, notes: bytes, fault: str
) -> None:
    path = folder / "train.arrow"
    with pa.ipc.open_file(path.read_bytes()) as reader:
        schema = reader.schema
    crc = str(zlib.crc32(notes)).encode()
    changed = schema.with_metadata({**schema.metadata, b"notes": notes, b"crc32": crc})
    pa.ipc.new_file(str(path), changed).close()
    with pytest.raises(BadInput, match=rf"train\.arrow: its notes.*{fault}"):
        ImageCache(folder)


def test_raw_pixels_are_read_without_a_copy_and_only_read(folder: Path) -> None:
    pixels = ImageCache(folder).read("b.png").pixels
    assert not pixels.flags.owndata
    assert not pixels.flags.writeable


def test_pixels_in_another_memory_layout_are_written_row_by_row(tmp_path: Path) -> None:
    expected = image("a.png")
    turned = CachedImage("a.png", "ann", "train", np.asfortranarray(expected.pixels), {})
    found = ImageCache(write(tmp_path / "cache", turned)).read("a.png")
    assert np.array_equal(found.pixels, expected.pixels)


def test_the_same_images_make_the_same_bytes(tmp_path: Path) -> None:
    for compression in COMPRESSIONS:
        made = [
            write(tmp_path / f"{compression}{i}", image("a.png"), compression=compression)
            for i in range(2)
        ]
        first, second = [(path / "train.arrow").read_bytes() for path in made]
        assert first == second


def test_an_image_twice_is_refused_across_parts(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"a\.png: twice"):
        write(tmp_path / "cache", image("a.png"), image("a.png", part="test"))


def test_a_cache_without_test_part_is_one(tmp_path: Path) -> None:
    cache = ImageCache(write(tmp_path / "cache", image("a.png")))
    assert cache.names("test") == []


def test_a_copy_in_another_process_opens_the_files_again(folder: Path) -> None:
    cache = ImageCache(folder)
    assert_equal(pickle.loads(pickle.dumps(cache)).read("b.png"), cache.read("b.png"))


def test_no_cache_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no image cache here"):
        ImageCache(tmp_path)


def test_an_image_that_is_not_there_is_missing_input(folder: Path) -> None:
    with pytest.raises(MissingInput, match=r"holds no image z\.png"):
        ImageCache(folder).read("z.png")


@pytest.mark.parametrize("length", [0, 5, 100, -1, -100])
def test_a_truncated_file_is_refused(folder: Path, length: int) -> None:
    path = folder / "train.arrow"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BadInput, match=r"train\.arrow: truncated or damaged"):
        ImageCache(folder)


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    schema = cache_row.SCHEMA.with_metadata({b"format": b"handseg image cache 1"})
    with pa.OSFile(str(tmp_path / "train.arrow"), "wb") as file:
        pa.ipc.new_file(file, schema).close()
    with pytest.raises(BadInput, match="not of the format 'handseg image cache 2'"):
        ImageCache(tmp_path)


def test_a_flipped_bit_in_the_pixels_is_found_at_the_first_read(folder: Path) -> None:
    path, pixels = folder / "train.arrow", image("b.png").pixels.tobytes()
    content = bytearray(path.read_bytes())
    content[content.index(pixels) + 9] ^= 4
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"train\.arrow: b\.png is damaged"):
        ImageCache(folder).read("b.png")


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
def test_a_flipped_bit_anywhere_changes_no_result_without_a_word(folder: Path, name: str) -> None:
    path, expected = folder / name, read_or_refused(folder)
    content = path.read_bytes()
    # All of the footer, which has no checksum and says how many record batches there are.
    footer = int.from_bytes(content[-10:-6], "little") + 10 if name == "train.arrow" else 0
    bits = range(8 * (len(content) - footer), 8 * len(content))
    refused = 0
    for bit in (*random.Random(0).sample(range(8 * len(content)), 800), *bits):
        flipped(path, bit, content)
        found = read_or_refused(folder)
        refused += found is None
        for read, original in zip(found or [], expected or [], strict=found is not None):
            assert_equal(read, original)
    assert refused > 200


def test_an_arrow_file_that_holds_fewer_images_than_the_index_is_refused(folder: Path) -> None:
    other = write(folder / "other", image("b.png"))
    (other / "train.arrow").replace(folder / "train.arrow")
    with pytest.raises(BadInput, match=r"train\.arrow: .*index\.json lists 2 images, .* holds 1; "):
        ImageCache(folder)


def test_a_cache_without_its_index_is_refused(folder: Path) -> None:
    (folder / "index.json").unlink()
    with pytest.raises(MissingInput, match=r"index\.json: not found; make the cache again"):
        ImageCache(folder)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"b.png"', '"a.png"', "an image is there twice"),
        ('"ann"', "7", "is no image"),
        ('"images"', '"imagez"', "'images'"),
        ("}", "", "Expecting"),
    ],
)
def test_an_index_that_is_none_is_refused(
    folder: Path, before: str, after: str, fault: str
) -> None:
    path = folder / "index.json"
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(BadInput, match=rf"index\.json: no index of an image cache \(.*{fault}"):
        ImageCache(folder)


def test_an_image_under_another_person_is_refused(folder: Path) -> None:
    path = folder / "index.json"
    path.write_text(path.read_text().replace("ann", "bob"))
    with pytest.raises(BadInput, match=r"b\.png is damaged \(CRC-32, name or person differ\)"):
        ImageCache(folder).read("b.png")


def test_reading_at_random_keeps_little_in_memory(tmp_path: Path) -> None:
    names = [f"{number:02d}.png" for number in range(40)]
    with CacheWriter(tmp_path, {}, "none") as writer:
        for name in names:
            pixels = np.full((1024, 1024), len(name), np.uint8)
            writer.add(CachedImage(name, "ann", "train", pixels, {}))
    cache = ImageCache(tmp_path)
    order = random.Random(0).sample(cache.names("train"), len(names))
    before = mapped_mb()
    most = max(mapped_mb() for name in order if cache.read(name).pixels.any())
    # 8 images of 1 MB, and one in use, of 40
    assert most - before < 16


def mapped_mb() -> float:
    """Files that are mapped into this process and lie in memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssFile:"))
