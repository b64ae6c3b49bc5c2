"""Words that must not come out again: put into images' metadata, and looked for in every byte."""

import base64
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AFTER_HEADER = 33
"""8 of the signature and 25 of IHDR."""
_DATA_URI = re.compile(rb"data:[a-z/+]*;base64,([A-Za-z0-9+/=]+)")
_PIXELS_ALONE = {b"IHDR", b"IDAT", b"IEND"}


def mark(image: Path, word: str) -> None:
    """Put a word into a PNG's text, its compressed and international text, and its EXIF."""
    text = word.encode()
    squeezed = zlib.compress(text)
    made = b"".join(
        _chunk(kind, value)
        for kind, value in (
            (b"tEXt", b"Author\0" + text),
            (b"zTXt", b"Comment\0\0" + squeezed),
            (b"iTXt", b"Title\0\0\0\0\0" + text),
            (b"iTXt", b"Source\0\1\0\0\0" + squeezed),
            (b"eXIf", _exif(text)),
        )
    )
    content = image.read_bytes()
    image.write_bytes(content[:_AFTER_HEADER] + made + content[_AFTER_HEADER:])


def _chunk(kind: bytes, value: bytes) -> bytes:
    return (
        struct.pack(">I", len(value)) + kind + value + struct.pack(">I", zlib.crc32(kind + value))
    )


def _exif(text: bytes) -> bytes:
    """TIFF with one entry: 0x013B, the artist, as ASCII behind the directory."""
    directory = struct.pack("<HHHIII", 1, 0x013B, 2, len(text) + 1, 26, 0)
    return b"II*\0" + struct.pack("<I", 8) + directory + text + b"\0"


def holders(root: Path, words: Iterable[str]) -> set[str]:
    """Files under a folder with one of the words in their name, bytes, or the pictures inside."""
    wanted = [word.encode() for word in words]
    found = set()
    for path in root.rglob("*"):
        layers = [str(path.relative_to(root)).encode()]
        layers += _layers(path.read_bytes()) if path.is_file() else []
        if any(word in layer for word in wanted for layer in layers):
            found.add(str(path.relative_to(root)))
    return found


def _layers(content: bytes) -> Iterator[bytes]:
    """What a file holds: its bytes, and those of pictures that are written as text in it."""
    yield content
    for text in _DATA_URI.findall(content):
        yield base64.b64decode(text)


def chunks_beside_pixels(picture: bytes) -> set[bytes]:
    """Kinds of chunks that a PNG or a WebP has beside what its pixels need."""
    if picture.startswith(_SIGNATURE):
        return set(_png_chunks(picture)) - _PIXELS_ALONE
    assert picture[:4] == b"RIFF" and picture[8:12] == b"WEBP"
    return set(_riff_chunks(picture)) - {b"VP8 ", b"VP8L"}


def pictures(page: bytes) -> list[bytes]:
    """The pictures that stand in a page as data: URIs."""
    return [base64.b64decode(text) for text in _DATA_URI.findall(page)]


def _png_chunks(content: bytes) -> Iterator[bytes]:
    position = len(_SIGNATURE)
    while position < len(content):
        (length,) = struct.unpack_from(">I", content, position)
        yield content[position + 4 : position + 8]
        position += 12 + length


def _riff_chunks(content: bytes) -> Iterator[bytes]:
    position = 12
    while position < len(content):
        (length,) = struct.unpack_from("<I", content, position + 4)
        yield content[position : position + 4]
        position += 8 + length + length % 2
