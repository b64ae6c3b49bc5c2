"""pixel_spacing.csv: how many millimetres a pixel is."""

import math
from pathlib import Path

from handseg.interchange import spacing
from tests.fuzz.changes import text
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_WORDS = (b"a.png,0.1,0.1,PixelSpacing\n", b"0.0", b"-1", b"nan", b"1e-320", b'"a,b"', b"from")


def corpus() -> list[bytes]:
    """No image, and two."""
    header = ",".join(spacing.HEADER).encode() + b"\n"
    rows = b"a.png,0.143,0.143,PixelSpacing\nb.png,0.1,0.2,ImagerPixelSpacing\n"
    return [header, header + rows]


def read(content: bytes, folder: Path) -> None:
    """Read it: distances are above 0."""
    path = folder / spacing.FILE_NAME
    path.write_bytes(content)
    for distances in spacing.read(path).values():
        must(all(math.isfinite(one) and one > 0 for one in distances), "no distance")


def change(content: bytes, dice: Dice) -> bytes:
    """Change lines and fields."""
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=spacing.FILE_NAME, most_bytes=1024)
