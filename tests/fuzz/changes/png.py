"""Changes of a PNG's chunks and pixels that leave its checksums right."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.fuzz.dice import Dice

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_KINDS = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf", b"gAMA", b"iCCP", b"cICP", b"acTL")
_MORE_KINDS = (b"fcTL", b"fdAT", b"sBIT", b"tEXt", b"zTXt", b"pHYs", b"QQQQ", b"qqqq", b"CgBI")
_SIDES = (0, 1, 2, 3, 7, 8, 9, 64, 255, 4096, 10_000, 65_536, 2**31 - 1, 2**31, 2**32 - 1)
_MOST_PIXELS_BYTES = 1 << 20


@dataclass
class Chunk:
    """One chunk; its checksum follows from it."""

    kind: bytes
    content: bytes

    def file(self) -> bytes:
        """As it stands in a file."""
        sum_ = zlib.crc32(self.kind + self.content)
        return struct.pack(">I", len(self.content)) + self.kind + self.content + sum_.to_bytes(4)


def header(width: int, height: int, *, colour_type: int = 0, interlaced: bool = False) -> Chunk:
    """The first chunk of an image of 8 bits."""
    return Chunk(b"IHDR", _HEADER.pack(width, height, 8, colour_type, 0, 0, interlaced))


def joined(chunks: list[Chunk]) -> bytes:
    """A file of these chunks."""
    return SIGNATURE + b"".join(chunk.file() for chunk in chunks)


def chunks_of(content: bytes) -> list[Chunk]:
    """The chunks of a file as far as they are whole, whatever their checksums."""
    found, position = [], len(SIGNATURE)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            break
        found.append(Chunk(content[position + 4 : position + 8], content[position + 8 : end]))
        position = end + 4
    return found


def change(content: bytes, dice: Dice) -> bytes:
    """Change one chunk of a file, or a few."""
    chunks = chunks_of(content) or [header(2, 2), Chunk(b"IEND", b"")]
    for _ in range(dice.random.choice((1, 1, 1, 2, 3))):
        dice.random.choice(_CHANGES)(chunks, dice)
    file = joined(chunks)
    return file[: dice.random.randrange(len(file))] if dice.falls(0.03) else file


def _of_header(chunks: list[Chunk], dice: Dice) -> None:
    first = next((chunk for chunk in chunks if len(chunk.content) == _HEADER.size), None)
    if first is None:
        return
    fields = list(_HEADER.unpack(first.content))
    field = dice.random.randrange(len(fields))
    fields[field] = (
        dice.random.choice((*_SIDES, *(fields[field] + step for step in (-1, 1)))) % 2**32
        if field < 2
        else dice.random.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    )
    first.content = _HEADER.pack(*fields)


def _of_pixels(chunks: list[Chunk], dice: Dice) -> None:
    """Other filtered rows, compressed again."""
    pixels = [chunk for chunk in chunks if chunk.kind == b"IDAT"]
    if not pixels:
        return
    stream = zlib.decompressobj()
    try:
        rows = stream.decompress(b"".join(chunk.content for chunk in pixels), _MOST_PIXELS_BYTES)
    except zlib.error:
        rows = bytes(10)
    rows = _changed_rows(rows, dice)
    packed = zlib.compress(rows, dice.random.choice((0, 1, 9)))
    pixels[0].content = packed if dice.falls(0.8) else dice.changed(packed, len(packed) + 8)
    for chunk in pixels[1:]:
        chunk.content = b""


def _changed_rows(rows: bytes, dice: Dice) -> bytes:
    which = dice.random.random()
    if which < 0.5:
        return dice.changed(rows, len(rows) + 16)
    if which < 0.7:
        return rows[: dice.random.randint(0, len(rows))]
    if which < 0.9:
        return rows + bytes(dice.random.choice((1, 2, 100, 70_000)))
    return bytes(dice.random.choice((0, 1, 1 << 16, 1 << 22)))


def _of_content(chunks: list[Chunk], dice: Dice) -> None:
    if chunks:
        chunk = dice.random.choice(chunks)
        chunk.content = dice.changed(chunk.content, len(chunk.content) + 8)


def _put(chunks: list[Chunk], dice: Dice) -> None:
    kind = dice.random.choice((*_KINDS, *_MORE_KINDS))
    known = [chunk.content for chunk in chunks]
    content = dice.random.choice([b"", b"\0", bytes(6), b"ab\0\0c", *known])
    chunks.insert(dice.random.randint(0, len(chunks)), Chunk(kind, content))


def _remove(chunks: list[Chunk], dice: Dice) -> None:
    if chunks:
        del chunks[dice.random.randrange(len(chunks))]


def _swap(chunks: list[Chunk], dice: Dice) -> None:
    if chunks:
        here, there = (dice.random.randrange(len(chunks)) for _ in range(2))
        chunks[here], chunks[there] = chunks[there], chunks[here]


def _split(chunks: list[Chunk], dice: Dice) -> None:
    if chunks:
        number = dice.random.randrange(len(chunks))
        kind, content = chunks[number].kind, chunks[number].content
        at = dice.random.randint(0, len(content))
        chunks[number : number + 1] = [Chunk(kind, content[:at]), Chunk(kind, content[at:])]


_CHANGES: tuple[Callable[[list[Chunk], Dice], None], ...] = (
    _of_header,
    _of_pixels,
    _of_pixels,
    _of_content,
    _put,
    _remove,
    _swap,
    _split,
)
