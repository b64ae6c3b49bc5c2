"""X-rays from disk, their header looked at before anything is decoded.

Accepted: 8-bit grey, and 8-bit RGB whose three channels are equal, as the competition's files have
them. Refused, because decoding would change values without a word: 16 bits, an alpha channel, a
palette, three channels that differ, and an EXIF rotation.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.errors import BadInput, MissingInput

MOST_PIXELS = 100_000_000
"""A larger header is a decompression bomb, not an X-ray of a hand."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KINDS = {0: "grey", 2: "RGB", 3: "a palette", 4: "grey with alpha", 6: "RGBA"}


@dataclass(frozen=True)
class PngHeader:
    """What the first chunk of a PNG says."""

    height: int
    width: int
    bits: int
    kind: int
    """PNG's colour type."""


def png_size(path: Path) -> tuple[int, int]:
    """(height, width) from a PNG's header; see `read_header` for what is raised."""
    header = read_header(path)
    return header.height, header.width


def read_header(path: Path) -> PngHeader:
    """Read a PNG's header and refuse what `read_grey` could not read faithfully.

    Raises:
        MissingInput: there is no such file.
        BadInput: it is empty, no PNG, too large, or of a refused kind.
    """
    if not path.is_file():
        raise MissingInput(f"{path}: not found")
    with path.open("rb") as file:
        start = file.read(33)
    if len(start) < 33 or start[:8] != _SIGNATURE or start[12:16] != b"IHDR":
        found = "empty" if not start else "truncated" if start[:8] == _SIGNATURE else "no PNG"
        raise BadInput(f"{path}: {found}; copy or convert it again")
    width, height, bits, kind = struct.unpack(">IIBB", start[16:26])
    if zlib.crc32(start[12:29]) != struct.unpack(">I", start[29:33])[0] or not width * height:
        raise BadInput(f"{path}: its header is damaged; copy it again")
    if width * height > MOST_PIXELS:
        raise BadInput(f"{path}: {width}x{height} pixels, at most {MOST_PIXELS:,}; shrink it")
    if bits != 8 or kind not in (0, 2):
        raise BadInput(
            f"{path}: {bits} bits, {_KINDS.get(kind, f'colour type {kind}')}; "
            "convert it to 8-bit grey or RGB"
        )
    return PngHeader(height, width, bits, kind)


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an X-ray.

    Returns:
        uint8 (H, W), one of its equal channels.

    Raises:
        MissingInput: there is no such file.
        BadInput: what `read_header` refuses, a truncated or damaged file, an EXIF rotation, or
            channels that differ.
    """
    header = read_header(path)
    content = path.read_bytes()
    _check_chunks(content, path)
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.shape[:2] != (header.height, header.width):
        raise BadInput(f"{path}: truncated or damaged; copy it again")
    if image.ndim == 2:
        return np.asarray(image, np.uint8)
    grey = np.ascontiguousarray(image[..., 0])
    if not (np.array_equal(grey, image[..., 1]) and np.array_equal(grey, image[..., 2])):
        raise BadInput(f"{path}: its three channels differ; convert it to grey, if it is an X-ray")
    return np.asarray(grey, np.uint8)


def _check_chunks(content: bytes, path: Path) -> None:
    """Walk the chunks to the end: OpenCV decodes a file cut short without an error."""
    position, ended = len(_SIGNATURE), False
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        kind = content[position + 4 : position + 8]
        end = position + 12 + length
        if end > len(content):
            break
        if (
            zlib.crc32(content[position + 4 : end - 4])
            != struct.unpack_from(">I", content, end - 4)[0]
        ):
            raise BadInput(f"{path}: chunk {kind!r} does not match its checksum; copy it again")
        if kind == b"eXIf" and _is_rotated(content[position + 8 : end - 4]):
            raise BadInput(f"{path}: has an EXIF rotation; rotate the pixels and remove it")
        if kind == b"IEND":
            ended = True
            break
        position = end
    if not ended:
        raise BadInput(f"{path}: truncated; copy it again")


def _is_rotated(exif: bytes) -> bool:
    """Whether EXIF's orientation (tag 0x0112 of the first directory) is other than upright."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 10:
        return False
    (offset,) = struct.unpack_from(order + "I", exif, 4)
    if offset + 2 > len(exif):
        return False
    (count,) = struct.unpack_from(order + "H", exif, offset)
    for index in range(count):
        entry = offset + 2 + 12 * index
        if entry + 12 > len(exif):
            return False
        tag, _, _, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == 0x0112:
            return value != 1
    return False
