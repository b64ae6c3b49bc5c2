"""PNG files put together chunk by chunk, and what is said of one that is refused."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from handseg.errors import BadInput
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


def refused(file: Path, content: bytes) -> str:
    """What is said about a file of this content, without its path."""
    file.write_bytes(content)
    with pytest.raises(BadInput) as refusal:
        reading.read_grey(file)
    said = str(refusal.value)
    assert said.startswith(f"{file}: ")
    assert "; " in said
    return said.removeprefix(f"{file}: ")
