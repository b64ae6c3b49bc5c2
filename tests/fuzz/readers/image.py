"""A PNG: its header, and its pixels against what zlib and OpenCV make of them."""

import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.images import png as structure
from handseg.images import reading
from tests.fuzz.changes import png
from tests.fuzz.changes.png import Chunk
from tests.fuzz.oracle import Wrong, must
from tests.fuzz.target import Target

_NAME = "image1.png"
_SEVEN = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
"""Adam7's passes but the last: first row and column, and the steps between."""


def corpus() -> list[bytes]:
    """Grey and RGB, whole or in parts, interlaced, and with what may stand beside the pixels."""
    image = np.arange(63, dtype=np.uint8).reshape(7, 9) * 4
    grey = cv2.imencode(".png", image)[1].tobytes()
    rgb = cv2.imencode(".png", np.repeat(image[..., None], 3, axis=2))[1].tobytes()
    upright = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0"
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    packed = zlib.compress(rows)
    parts = [Chunk(b"IDAT", packed[:9]), Chunk(b"IDAT", packed[9:]), Chunk(b"IEND", b"")]
    noted = [png.header(9, 7), Chunk(b"eXIf", upright), Chunk(b"tEXt", b"a\0b"), *parts]
    one = [png.header(1, 1, interlaced=True), Chunk(b"IDAT", zlib.compress(b"\0\x2a")), parts[-1]]
    woven = [png.header(3, 2, interlaced=True), Chunk(b"IDAT", zlib.compress(bytes(10))), parts[-1]]
    return [grey, rgb, png.joined(noted), png.joined(one), png.joined(woven)]


def read(content: bytes, folder: Path) -> None:
    """Read header and pixels; pixels that are taken are those that the file's stream holds."""
    path = folder / _NAME
    path.write_bytes(content)
    size = reading.png_size(path)
    image = reading.read_grey(path)
    must(image.dtype == np.uint8 and image.shape == size, "another shape than the header's")
    header = structure.header(content[: structure.HEADER_BYTES], _NAME)
    _check_stream(content, header)
    _check_pixels(content, image)


def _check_stream(content: bytes, header: structure.Header) -> None:
    """Every row was there, and nothing else: what OpenCV fills up with grey was refused."""
    chunks = png.chunks_of(content)
    kinds = [chunk.kind for chunk in chunks]
    kinds = kinds[: kinds.index(b"IEND")]
    must(kinds.count(b"IHDR") == 1, "two headers")
    pixels = [number for number, kind in enumerate(kinds) if kind == b"IDAT"]
    must(pixels == list(range(pixels[0], pixels[-1] + 1)), "pixels in several places")
    stream = zlib.decompressobj()
    wanted = _bytes_of(header)
    rows = stream.decompress(b"".join(chunks[n].content for n in pixels), wanted + 1)
    must(len(rows) == wanted, "not as many pixels in the file as its header says")
    must(stream.eof, "pixels without an end, or without their checksum")


def _bytes_of(header: structure.Header) -> int:
    """What the pixels of an image take, with a byte before each row."""
    channels = structure.CHANNELS[header.colour_type]
    if not header.is_interlaced:
        return header.height * (1 + header.width * channels)
    passes = [*_SEVEN, (1, 0, 2, 1)]
    sizes = [
        (len(range(y, header.height, down)), len(range(x, header.width, right)))
        for y, x, down, right in passes
    ]
    return sum(rows * (1 + columns * channels) for rows, columns in sizes if rows and columns)


def _check_pixels(content: bytes, image: NDArray[np.uint8]) -> None:
    """OpenCV makes the same of the file, without what stands beside the pixels."""
    chunks = [one for one in png.chunks_of(content) if one.kind in (b"IHDR", b"IDAT", b"IEND")]
    bare = np.frombuffer(png.joined(chunks), np.uint8)
    other = cv2.imdecode(bare, cv2.IMREAD_UNCHANGED)
    if other is None:
        raise Wrong("OpenCV cannot decode what was taken")
    grey = other if other.ndim == 2 else other[..., 0]
    must(np.array_equal(grey, image), "OpenCV decodes other pixels")
    must(other.ndim == 2 or bool((np.ptp(other, axis=2) == 0).all()), "channels that differ")


# An image of 100 megapixels is allowed, and held several times while it is decoded.
TARGET = Target(
    corpus=corpus, read=read, change=png.change, names=_NAME, most_bytes=2048, most_memory_mib=600
)
