"""What a PNG says about itself, read without decoding it.

OpenCV decodes what it is given: a file cut short comes back half grey, 16 bits lose eight, alpha is
dropped, all without an error. So the structure is checked here first, checksums included.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from isal import isal_zlib

from handseg.errors import BadInput, shown

HEADER_BYTES = 33
CHANNELS = {0: 1, 2: 3}
"""Of the colour types that are read, grey and RGB."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_ORIENTATION, _SHORT = 0x0112, 3
_WEAVE = (
    *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
    *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
)
"""The seven passes of an interlaced image: first row and column, and the steps between."""


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

    @property
    def pixel_bytes(self) -> int:
        """Of the filtered rows of 8 bits per channel: a byte for the filter before each."""
        channels = CHANNELS[self.colour_type]
        passes = _WEAVE if self.is_interlaced else ((0, 0, 1, 1),)
        sizes = [
            (len(range(y, self.height, down)), len(range(x, self.width, right)))
            for y, x, down, right in passes
        ]
        return sum(rows * (1 + columns * channels) for rows, columns in sizes if columns)


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
    methods, is_interlaced = start[26:28], start[28]
    intact = isal_zlib.crc32(start[12:29]) == int.from_bytes(start[29:33], "big")
    is_known = (length, kind, methods) == (13, b"IHDR", bytes(2)) and is_interlaced <= 1
    if not is_known or not intact or not width * height:
        raise BadInput(f"{source}: its header is damaged; copy the image again")
    return Header(height, width, bits, colour_type, bool(is_interlaced))


def chunks(content: bytes, source: str) -> Iterator[tuple[bytes, memoryview]]:
    """Give type and content of every chunk, the header's included, all checksums verified.

    Raises:
        BadInput: a checksum does not match, the file ends before its last chunk, or there is a
            chunk that no reader may pass over, or in a place where it may not be.
    """
    position, before, seen = len(_SIGNATURE), b"", set[bytes]()
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
        if _is_misplaced(kind, before, seen):
            raise BadInput(f"{source}: chunk {shown(kind)} may not stand there; save it again")
        yield kind, view[position + 8 : end]
        position, before = end + 4, kind
        seen.add(kind)
    raise BadInput(f"{source}: truncated after {len(content)} bytes; copy the image again")


def _is_misplaced(kind: bytes, before: bytes, seen: set[bytes]) -> bool:
    """Whether a chunk is a second header, pixels apart from the others, or critical and unknown."""
    is_critical = not kind[0] & 0x20  # Source: PNG specification, 5.4 Chunk naming conventions.
    return (
        (kind == b"IHDR" and kind in seen)
        or (kind == b"IDAT" and kind in seen and before != kind)
        or (is_critical and kind not in _CRITICAL)
    )


def bare_file(header: Header, pixels: Sequence[bytes | memoryview]) -> bytes:
    """Make a PNG of 8 bits that says nothing but its pixels.

    Args:
        header: its size and kind.
        pixels: a zlib stream of its filtered rows, in pieces.
    """
    start = struct.pack(
        *(">IIBBBBB", header.width, header.height, 8, header.colour_type),
        *(0, 0, header.is_interlaced),
    )
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
    """EXIF's orientation, 1 (upright) to 8; 1 where it says none of these, or nothing readable.

    Args:
        exif: content of an eXIf chunk, a TIFF header and its directories.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2], "")
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, start)
        for index in range(entries if order else 0):
            entry = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * index)
            if entry[:3] == (_ORIENTATION, _SHORT, 1):
                return entry[3] if 1 <= entry[3] <= 8 else 1
    except struct.error:
        return 1
    return 1
