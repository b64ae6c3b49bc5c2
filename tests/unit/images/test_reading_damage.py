import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import BadInput
from handseg.images import reading
from tests.unit.images.png_files import GREY, SIGNATURE, chunk, header, png, refused


def test_an_empty_file_is_named(png_file: Path) -> None:
    assert refused(png_file, b"") == "empty; copy the image again"


@pytest.mark.parametrize("content", [b"GIF89a", b"\xff\xd8\xff\xe0JFIF", b"\0" * 100])
def test_what_is_no_png_is_refused(png_file: Path, content: bytes) -> None:
    said = refused(png_file, content)
    assert said == f"no PNG (begins with {content[:4].hex(' ')}); convert it to PNG"


@pytest.mark.parametrize(
    ("kind", "where"), [(b"IHDR", 33), (b"IDAT", -12), (b"QQQQ", 33)], ids=["IHDR", "IDAT", "QQQQ"]
)
def test_a_chunk_that_may_not_stand_there_is_refused(
    png_file: Path, kind: bytes, where: int
) -> None:
    # A second header, pixels apart from the others, and a chunk without which nothing has meaning.
    content = png(GREY)
    extra = chunk(b"tEXt", b"a\0b") + chunk(kind, b"")
    said = refused(png_file, content[:where] + extra + content[where:])
    assert said == f"chunk {kind!r} may not stand there; save it again"


@given(st.data())
def test_a_file_cut_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = png(GREY)
    length = data.draw(st.integers(1, len(content) - 1))
    said = refused(tmp_path_factory.getbasetemp() / "cut.png", content[:length])
    assert said == f"truncated after {length} bytes; copy the image again"


@given(st.data())
def test_a_flipped_bit_is_never_read_as_other_pixels(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(png(GREY))
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    refused(tmp_path_factory.getbasetemp() / "flipped.png", bytes(content))


def test_a_chunk_of_pixels_left_out_is_found(png_file: Path) -> None:
    content = png(np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8))
    first = content.index(b"IDAT", content.index(b"IDAT") + 4) - 4
    (length,) = struct.unpack_from(">I", content, first)
    said = refused(png_file, content[:first] + content[first + 12 + length :])
    assert said == "its pixels cannot be decoded; copy the image again"


@pytest.mark.parametrize("rows", [b"", b"\0" + b"\7" * 4])
def test_fewer_rows_than_the_header_says_are_refused(png_file: Path, rows: bytes) -> None:
    pixels = chunk(b"IDAT", zlib.compress(rows))
    content = SIGNATURE + header(4, 4) + pixels + chunk(b"IEND", b"")
    assert refused(png_file, content) == "its pixels cannot be decoded; copy the image again"


def test_a_decompression_bomb_is_refused_by_its_header(png_file: Path) -> None:
    bomb = SIGNATURE + header(30_000, 30_000) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
    png_file.write_bytes(bomb)
    with pytest.raises(BadInput, match=r"30000 x 30000 pixels, more than 100000000; shrink"):
        reading.png_size(png_file)


def test_more_bytes_than_the_pixels_could_need_are_refused_unread(png_file: Path) -> None:
    with png_file.open("wb") as stream:
        stream.write(png(GREY))
        stream.truncate(17_000_000)
    with pytest.raises(BadInput, match="17000000 bytes for 20 x 30 pixels; save"):
        reading.read_grey(png_file)


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_an_image_without_pixels_is_refused(png_file: Path, size: tuple[int, int]) -> None:
    said = refused(png_file, SIGNATURE + header(*size))
    assert said == "its header is damaged; copy the image again"


@pytest.mark.parametrize("methods", [(1, 0, 0), (0, 1, 0), (0, 0, 2)])
def test_a_header_of_methods_that_there_are_none_of_is_refused(
    png_file: Path, methods: tuple[int, int, int]
) -> None:
    # compression, filters, interlacing
    start = chunk(b"IHDR", struct.pack(">IIBB3B", 1, 1, 8, 0, *methods))
    content = SIGNATURE + start + chunk(b"IDAT", zlib.compress(b"\0\x2a")) + chunk(b"IEND", b"")
    assert refused(png_file, content) == "its header is damaged; copy the image again"
