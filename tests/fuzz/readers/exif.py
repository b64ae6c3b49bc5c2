"""The orientation in a PNG's EXIF, from any bytes."""

import struct
from pathlib import Path

from handseg.images import png
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target


def corpus() -> list[bytes]:
    """Upright and turned, in both orders of bytes."""
    return [_exif(order, value) for order in "<>" for value in (1, 6)]


def _exif(order: str, value: int) -> bytes:
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, value, 0)
    return mark + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)


def read(content: bytes, folder: Path) -> None:
    """It is one of the eight, whatever stands there."""
    must(png.orientation(content) in range(1, 9), "an orientation that there is none of")


def change(content: bytes, dice: Dice) -> bytes:
    """Change bytes wherever they are: all of them mean something."""
    return dice.changed(content, 128)


TARGET = Target(corpus=corpus, read=read, change=change, names="", most_bytes=128)
