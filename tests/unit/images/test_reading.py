import io
import re
import struct
import zlib
from pathlib import Path

import cv2
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from handseg.errors import BadInput, MissingInput
from handseg.images import reading

GREY = np.random.default_rng(0).integers(0, 256, (30, 20), np.uint8)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = 33


def png(image: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def chunk(kind: bytes, content: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + crc


def header(width: int, height: int, *, bits: int = 8, colour_type: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))


def with_chunk(content: bytes, extra: bytes) -> bytes:
    return content[:HEADER_END] + extra + content[HEADER_END:]


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}IH", 8, 1) + entry + b"\0\0\0\0"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "image.png"


def refused(file: Path, content: bytes) -> str:
    """What is said about a file of this content, without its path."""
    file.write_bytes(content)
    with pytest.raises(BadInput) as refusal:
        reading.read_grey(file)
    said = str(refusal.value)
    assert said.startswith(f"{file}: ")
    assert "; " in said
    return said.removeprefix(f"{file}: ")


def test_grey_and_three_equal_channels_are_the_same_image(file: Path) -> None:
    for content in (png(GREY), png(np.repeat(GREY[..., None], 3, axis=2))):
        file.write_bytes(content)
        found = reading.read_grey(file)
        assert found.dtype == np.uint8
        assert np.array_equal(found, GREY)
        assert reading.png_size(file) == (30, 20)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.booleans())
def test_reading_undoes_writing(
    tmp_path_factory: pytest.TempPathFactory, image: NDArray[np.uint8], rgb: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.png"
    file.write_bytes(png(np.repeat(image[..., None], 3, axis=2) if rgb else image))
    assert np.array_equal(reading.read_grey(file), image)


def test_an_interlaced_image_is_read(file: Path) -> None:
    # one pixel: the first of the seven passes holds it
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x2a"))
    start = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1)
    file.write_bytes(SIGNATURE + chunk(b"IHDR", start) + pixels + chunk(b"IEND", b""))
    assert reading.read_grey(file).tolist() == [[42]]


def interlaced(*pieces: bytes) -> bytes:
    """A grey image of 2 x 1, in two passes."""
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 1))
    return SIGNATURE + start + b"".join(pieces) + chunk(b"IEND", b"")


@pytest.mark.parametrize("rows", [b"\0\1\0", b"\0\1\0\2\0"])
def test_an_interlaced_image_of_other_than_its_pixels_is_refused(file: Path, rows: bytes) -> None:
    # OpenCV alone passes over what is too much.
    content = interlaced(chunk(b"IDAT", zlib.compress(rows)))
    assert refused(file, content) == "its pixels cannot be decoded; copy the image again"


def test_what_stands_beside_the_pixels_does_not_change_an_interlaced_image(file: Path) -> None:
    # An animation of one frame, smaller than the image.
    frame = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 1, 0, 0)
    animation = chunk(b"acTL", struct.pack(">II", 1, 0)) + chunk(b"fcTL", frame)
    file.write_bytes(interlaced(animation, chunk(b"IDAT", zlib.compress(b"\0\1\0\2"))))
    assert reading.read_grey(file).tolist() == [[1, 2]]


def test_three_channels_that_differ_are_refused_with_the_difference(file: Path) -> None:
    tinted = np.repeat(GREY[..., None], 3, axis=2)
    tinted[3, 4] = [10, 17, 12]
    assert refused(file, png(tinted)).startswith("its three channels differ by up to 7; ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (png(GREY.astype(np.uint16) * 257), "16 bits per channel"),
        (png(np.dstack([GREY] * 4)), "RGB with an alpha channel"),
        (SIGNATURE + header(2, 2, colour_type=4), "grey with an alpha channel"),
        (SIGNATURE + header(2, 2, colour_type=3), "a palette"),
        (SIGNATURE + header(2, 2, bits=1), "1 bits per channel"),
        (SIGNATURE + header(2, 2, colour_type=5), "colour type 5"),
        (with_chunk(png(GREY), chunk(b"tRNS", b"\0\0")), "has a transparent colour"),
    ],
)
def test_what_decoding_would_change_is_refused(file: Path, content: bytes, said: str) -> None:
    assert refused(file, content) == f"{said}; convert it to 8-bit grey without alpha"


@pytest.mark.parametrize(
    ("kind", "where"), [(b"IHDR", 33), (b"IDAT", -12), (b"QQQQ", 33)], ids=["IHDR", "IDAT", "QQQQ"]
)
def test_a_chunk_that_may_not_stand_there_is_refused(file: Path, kind: bytes, where: int) -> None:
    # A second header, pixels apart from the others, and a chunk without which nothing has meaning.
    content = png(GREY)
    extra = chunk(b"tEXt", b"a\0b") + chunk(kind, b"")
    said = refused(file, content[:where] + extra + content[where:])
    assert said == f"chunk {kind!r} may not stand there; save it again"


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_there_is_none_of_is_upright(file: Path, orientation: int) -> None:
    file.write_bytes(with_chunk(png(GREY), chunk(b"eXIf", exif(orientation))))
    assert np.array_equal(reading.read_grey(file), GREY)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotation_in_exif_is_refused_unless_it_is_none(
    file: Path, orientation: int, order: str
) -> None:
    content = with_chunk(png(GREY), chunk(b"eXIf", exif(orientation, order)))
    if orientation == 1:
        file.write_bytes(content)
        assert np.array_equal(reading.read_grey(file), GREY)
    else:
        assert f"has EXIF orientation {orientation}; rotate" in refused(file, content)


def test_pils_own_exif_is_understood(file: Path) -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(GREY).save(stream, "PNG", exif=tags)
    assert "has EXIF orientation 6" in refused(file, stream.getvalue())


@given(st.binary(max_size=40))
def test_exif_that_means_nothing_is_upright(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "exif.png"
    file.write_bytes(with_chunk(png(GREY), chunk(b"eXIf", content)))
    assert np.array_equal(reading.read_grey(file), GREY)


def test_an_empty_file_is_named(file: Path) -> None:
    assert refused(file, b"") == "empty; copy the image again"


@pytest.mark.parametrize("content", [b"GIF89a", b"\xff\xd8\xff\xe0JFIF", b"\0" * 100])
def test_what_is_no_png_is_refused(file: Path, content: bytes) -> None:
    said = refused(file, content)
    assert said == f"no PNG (begins with {content[:4].hex(' ')}); convert it to PNG"


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


def test_a_chunk_of_pixels_left_out_is_found(file: Path) -> None:
    content = png(np.random.default_rng(0).integers(0, 256, (300, 300), np.uint8))
    first = content.index(b"IDAT", content.index(b"IDAT") + 4) - 4
    (length,) = struct.unpack_from(">I", content, first)
    said = refused(file, content[:first] + content[first + 12 + length :])
    assert said == "its pixels cannot be decoded; copy the image again"


@pytest.mark.parametrize("rows", [b"", b"\0" + b"\7" * 4])
def test_fewer_rows_than_the_header_says_are_refused(file: Path, rows: bytes) -> None:
    pixels = chunk(b"IDAT", zlib.compress(rows))
    content = SIGNATURE + header(4, 4) + pixels + chunk(b"IEND", b"")
    assert refused(file, content) == "its pixels cannot be decoded; copy the image again"


def test_a_decompression_bomb_is_refused_by_its_header(file: Path) -> None:
    bomb = SIGNATURE + header(30_000, 30_000) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
    file.write_bytes(bomb)
    with pytest.raises(BadInput, match=r"30000 x 30000 pixels, more than 100000000; shrink"):
        reading.png_size(file)


def test_more_bytes_than_the_pixels_could_need_are_refused_unread(file: Path) -> None:
    with file.open("wb") as stream:
        stream.write(png(GREY))
        stream.truncate(17_000_000)
    with pytest.raises(BadInput, match="17000000 bytes for 20 x 30 pixels; save"):
        reading.read_grey(file)


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_an_image_without_pixels_is_refused(file: Path, size: tuple[int, int]) -> None:
    assert refused(file, SIGNATURE + header(*size)) == "its header is damaged; copy the image again"


@pytest.mark.parametrize("methods", [(1, 0, 0), (0, 1, 0), (0, 0, 2)])
def test_a_header_of_methods_that_there_are_none_of_is_refused(
    file: Path, methods: tuple[int, int, int]
) -> None:
    # compression, filters, interlacing
    start = chunk(b"IHDR", struct.pack(">IIBB3B", 1, 1, 8, 0, *methods))
    content = SIGNATURE + start + chunk(b"IDAT", zlib.compress(b"\0\x2a")) + chunk(b"IEND", b"")
    assert refused(file, content) == "its header is damaged; copy the image again"


def test_a_file_that_is_not_there_is_missing_input(tmp_path: Path) -> None:
    for path in (tmp_path / "a.png", tmp_path):
        with pytest.raises(MissingInput, match=f"{re.escape(str(path))}: not found"):
            reading.read_grey(path)
