"""What a PNG says about itself, read without decoding it.

OpenCV decodes what it is given: a file cut short comes back half grey, 16 bits lose eight, alpha is
dropped, all without an error. So the structure is checked here first, checksums included.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from isal import isal_zlib

from handseg.errors import BadInput

HEADER_BYTES = 33
CHANNELS = {0: 1, 2: 3}
"""Of the colour types that are read, grey and RGB."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Header:
    """What the first chunk says."""

    height: int
    width: int
    bits: int
    """Of a channel."""
    colour_type: int
    """0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA."""
    is_interlaced: bool = False


def header(start: bytes, source: str) -> Header:
    """Read the first HEADER_BYTES of a file.

    Args:
        start: the bytes; fewer where the file is shorter.
        source: names the file in errors.

    Raises:
        BadInput: it is empty, no PNG, cut short, or its header is damaged.
    """
    if not start:
        raise BadInput(f"{source}: empty; copy the image again")
    if start[:8] != _SIGNATURE[: len(start)]:
        raise BadInput(f"{source}: no PNG (begins with {start[:4].hex(' ')}); convert it to PNG")
    if len(start) < HEADER_BYTES:
        raise BadInput(f"{source}: truncated after {len(start)} bytes; copy the image again")
    length, kind, width, height, bits, colour_type = struct.unpack(">I4sIIBB", start[8:26])
    is_interlaced = bool(start[28])
    intact = isal_zlib.crc32(start[12:29]) == int.from_bytes(start[29:33], "big")
    if (length, kind) != (13, b"IHDR") or not intact or not width * height:
        raise BadInput(f"{source}: its header is damaged; copy the image again")
    return Header(height, width, bits, colour_type, is_interlaced)


def chunks(content: bytes, source: str) -> Iterator[tuple[bytes, memoryview]]:
    """Give type and content of every chunk, the header's included, all checksums verified.

    Raises:
        BadInput: a checksum does not match, or the file ends before its last chunk.
    """
    position = len(_SIGNATURE)
    view = memoryview(content)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        kind = content[position + 4 : position + 8]
        end = position + 8 + length
        if end + 4 > len(content):
            break
        if isal_zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise BadInput(f"{source}: damaged at byte {position}; copy the image again")
        if kind == b"IEND":
            return
        yield kind, view[position + 8 : end]
        position = end + 4
    raise BadInput(f"{source}: truncated after {len(content)} bytes; copy the image again")


def grey_file(size: Header, pixels: Sequence[bytes | memoryview]) -> bytes:
    """Make a grey PNG of 8 bits.

    Args:
        size: its height and width.
        pixels: a zlib stream of its filtered rows, in pieces.
    """
    start = struct.pack(">IIBBBBB", size.width, size.height, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", [start]), _chunk(b"IDAT", pixels), _chunk(b"IEND", []))
    return b"".join([_SIGNATURE, *chain(*chunks)])


def _chunk(kind: bytes, content: Sequence[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    yield sum(map(len, content)).to_bytes(4, "big")
    crc = 0
    for part in (kind, *content):
        crc = isal_zlib.crc32(part, crc)
        yield part
    yield crc.to_bytes(4, "big")


def orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 (upright) to 8; 1 where it says nothing, or nothing readable.

    Args:
        exif: content of an eXIf chunk, a TIFF header and its directories.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2], "")
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, start)
        for index in range(entries if order else 0):
            entry = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * index)
            if entry[0] == _ORIENTATION:
                return int(entry[3])
    except struct.error:
        return 1
    return 1
