"""The pixels of a grey PNG, or of an RGB one whose channels are equal, decoded as one channel.

A PNG's rows are filtered before they are compressed: each byte less a value foretold from bytes of
the same channel, by a rule that the row's first byte names and all of its channels share. So three
channels are equal exactly where their filtered bytes are, and one of them, with the rules kept, is
a grey PNG. That one is what OpenCV has to undo the filters of; ISA-L inflates twice as fast as the
zlib in OpenCV.

Source: PNG specification, third edition (W3C), 9 Filtering.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from handseg.images import png

Rows = NDArray[np.uint8]
"""Filtered rows, each after the byte that names its filter."""

_PIECE_BYTES = 1 << 15
"""Inflated at a time: what comes of it stays in the second-level cache, and in memory that is
used again. Fresh memory for a whole image takes longer than to inflate it."""
_STORED_BYTES = 0xFFFF
"""Of one block of deflate that is not compressed."""
_ZLIB_START = b"\x78\x01"
_DEFLATE, _LARGEST_WINDOW = 8, 7
"""Of a zlib stream's first byte: RFC 1950, 2.2."""


class Undecodable(Exception):  # noqa: N818 - says what it is
    """The pixels are damaged, or not as many as the header says."""


class _Unequal(Exception):  # noqa: N818 - no error: OpenCV may judge the file
    """The channels differ."""


def decode(header: png.Header, compressed: Sequence[memoryview]) -> NDArray[np.uint8]:
    """Decode the pixels.

    OpenCV passes over what a stream holds beyond the pixels announced; so it is inflated here
    first, whoever then undoes the filters.

    Args:
        header: of 8 bits, grey or RGB.
        compressed: content of the IDAT chunks, their checksums verified.

    Returns:
        uint8 (H, W); (H, W, 3) in the order blue, green, red where an image of three channels is
        interlaced or its channels differ.

    Raises:
        Undecodable: see there.
    """
    if header.is_interlaced:
        for _ in _inflated(compressed, header.pixel_bytes):
            pass
        return _decoded(png.bare_file(header, compressed))
    try:
        rows = _one_channel(header, compressed)
    except _Unequal:
        return _decoded(png.bare_file(header, compressed))
    return _decoded(png.bare_file(replace(header, colour_type=0), _stored(rows)))


def _decoded(file: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise Undecodable
    return np.asarray(image, np.uint8)


def _one_channel(header: png.Header, compressed: Sequence[memoryview]) -> Rows:
    """One of the equal channels: uint8 (H, 1 + W)."""
    channels = png.CHANNELS[header.colour_type]
    row_bytes = 1 + header.width * channels
    # Where a byte and the one after it are of one pixel.
    inside = np.tile(np.array([255] * (channels - 1) + [0], np.uint8), header.width)[:-1]
    found = np.empty((header.height, 1 + header.width), np.uint8)
    rest, position = bytearray(), 0
    for piece in _inflated(compressed, header.pixel_bytes):
        rest += piece
        whole = len(rest) // row_bytes * row_bytes
        rows = np.frombuffer(bytes(rest[:whole]), np.uint8).reshape(-1, row_bytes)
        del rest[:whole]
        if channels > 1 and ((rows[:, 1:-1] ^ rows[:, 2:]) & inside).any():
            raise _Unequal
        into = found[position : position + len(rows)]
        into[:, 0], into[:, 1:] = rows[:, 0], rows[:, 1::channels]
        position += len(rows)
    return found


def _inflated(compressed: Sequence[memoryview], size: int) -> Iterator[bytes]:
    """Exactly so many bytes, some at a time; the last of them when all are found to be right."""
    stream, left, joined = isal_zlib.decompressobj(), size, b"".join(compressed)
    if not joined or joined[0] & 0x0F != _DEFLATE or joined[0] >> 4 > _LARGEST_WINDOW:
        raise Undecodable  # ISA-L would read it.
    for start in range(0, len(joined), _PIECE_BYTES):
        try:
            # No more than the header announced, whatever the file could grow to.
            piece = stream.decompress(joined[start : start + _PIECE_BYTES], left + 1)
        except isal_zlib.error:  # type: ignore[misc]  # its stubs take the class for an instance
            raise Undecodable from None
        left -= len(piece)
        if left < 0:
            raise Undecodable
        yield piece
    if left or not stream.eof:
        raise Undecodable


def _stored(rows: Rows) -> list[bytes | memoryview]:
    """Rows as a zlib stream that is not compressed."""
    content = rows.data.cast("B")
    pieces: list[bytes | memoryview] = [_ZLIB_START]
    for start in range(0, len(content), _STORED_BYTES):
        block = content[start : start + _STORED_BYTES]
        is_last = start + _STORED_BYTES >= len(content)
        pieces += [struct.pack("<BHH", is_last, len(block), len(block) ^ 0xFFFF), block]
    return [*pieces, isal_zlib.adler32(content).to_bytes(4, "big")]
