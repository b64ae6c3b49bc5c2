import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handseg.images import reading
from tests.unit.images.png_files import GREY, chunk, png, refused, with_chunk


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}IH", 8, 1) + entry + b"\0\0\0\0"


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_there_is_none_of_is_upright(png_file: Path, orientation: int) -> None:
    png_file.write_bytes(with_chunk(png(GREY), chunk(b"eXIf", exif(orientation))))
    assert np.array_equal(reading.read_grey(png_file), GREY)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotation_in_exif_is_refused_unless_it_is_none(
    png_file: Path, orientation: int, order: str
) -> None:
    content = with_chunk(png(GREY), chunk(b"eXIf", exif(orientation, order)))
    if orientation == 1:
        png_file.write_bytes(content)
        assert np.array_equal(reading.read_grey(png_file), GREY)
    else:
        assert f"has EXIF orientation {orientation}; rotate" in refused(png_file, content)


def test_pils_own_exif_is_understood(png_file: Path) -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(GREY).save(stream, "PNG", exif=tags)
    assert "has EXIF orientation 6" in refused(png_file, stream.getvalue())


@given(st.binary(max_size=40))
def test_exif_that_means_nothing_is_upright(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "exif.png"
    file.write_bytes(with_chunk(png(GREY), chunk(b"eXIf", content)))
    assert np.array_equal(reading.read_grey(file), GREY)
