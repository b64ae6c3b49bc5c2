import re
import struct
import zlib
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.errors import MissingInput
from handseg.images import reading
from tests.unit.images.png_files import GREY, SIGNATURE, chunk, header, png, refused, with_chunk


def test_grey_and_three_equal_channels_are_the_same_image(png_file: Path) -> None:
    for content in (png(GREY), png(np.repeat(GREY[..., None], 3, axis=2))):
        png_file.write_bytes(content)
        found = reading.read_grey(png_file)
        assert found.dtype == np.uint8
        assert np.array_equal(found, GREY)
        assert reading.png_size(png_file) == (30, 20)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.booleans())
def test_reading_undoes_writing(
    tmp_path_factory: pytest.TempPathFactory, image: NDArray[np.uint8], rgb: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.png"
    file.write_bytes(png(np.repeat(image[..., None], 3, axis=2) if rgb else image))
    assert np.array_equal(reading.read_grey(file), image)


def test_an_interlaced_image_is_read(png_file: Path) -> None:
    # one pixel: the first of the seven passes holds it
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x2a"))
    start = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1)
    png_file.write_bytes(SIGNATURE + chunk(b"IHDR", start) + pixels + chunk(b"IEND", b""))
    assert reading.read_grey(png_file).tolist() == [[42]]


def interlaced(*pieces: bytes) -> bytes:
    """A grey image of 2 x 1, in two passes."""
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 1))
    return SIGNATURE + start + b"".join(pieces) + chunk(b"IEND", b"")


@pytest.mark.parametrize("rows", [b"\0\1\0", b"\0\1\0\2\0"])
def test_an_interlaced_image_of_other_than_its_pixels_is_refused(
    png_file: Path, rows: bytes
) -> None:
    # OpenCV alone passes over what is too much.
    content = interlaced(chunk(b"IDAT", zlib.compress(rows)))
    assert refused(png_file, content) == "its pixels cannot be decoded; copy the image again"


def test_what_stands_beside_the_pixels_does_not_change_an_interlaced_image(png_file: Path) -> None:
    # An animation of one frame, smaller than the image.
    frame = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 1, 0, 0)
    animation = chunk(b"acTL", struct.pack(">II", 1, 0)) + chunk(b"fcTL", frame)
    png_file.write_bytes(interlaced(animation, chunk(b"IDAT", zlib.compress(b"\0\1\0\2"))))
    assert reading.read_grey(png_file).tolist() == [[1, 2]]


def test_three_channels_that_differ_are_refused_with_the_difference(png_file: Path) -> None:
    tinted = np.repeat(GREY[..., None], 3, axis=2)
    tinted[3, 4] = [10, 17, 12]
    assert refused(png_file, png(tinted)).startswith("its three channels differ by up to 7; ")


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
def test_what_decoding_would_change_is_refused(png_file: Path, content: bytes, said: str) -> None:
    assert refused(png_file, content) == f"{said}; convert it to 8-bit grey without alpha"


def test_a_file_that_is_not_there_is_missing_input(tmp_path: Path) -> None:
    for path in (tmp_path / "a.png", tmp_path):
        with pytest.raises(MissingInput, match=f"{re.escape(str(path))}: not found"):
            reading.read_grey(path)
