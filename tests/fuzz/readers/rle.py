"""RLE text, at two sizes of image."""

from pathlib import Path

import numpy as np

from handseg.errors import BadInput
from handseg.masks import rle
from tests.fuzz.changes import text
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import check_refusal, must
from tests.fuzz.target import Target

_SHAPES = ((24, 30), (2048, 2048))
_WORDS = (b" ", b"0", b"1", b"720", b"721", b"4194304", b"9223372036854775807", b"-", b"+", b"1 1 ")


def corpus() -> list[bytes]:
    """No run, one, the whole image, and runs that touch."""
    return [b"", b"1 720", b"5 3 8 2 20 1", b"700 21", b"  3   4  "]


def read(content: bytes, folder: Path) -> None:
    """Parse for both sizes; refused where the small one is too small."""
    typed = content.decode("utf-8", "surrogateescape")
    refusal: BadInput | None = None
    for height, width in _SHAPES:
        try:
            _check(typed, (height, width))
        except BadInput as error:
            check_refusal(error, "RLE: ")
            refusal = error
    if refusal:
        raise refusal


def _check(typed: str, shape: tuple[int, int]) -> None:
    pixels = shape[0] * shape[1]
    runs = rle.parse(typed, pixels)
    must(runs.dtype == np.int64 and runs.shape == (len(runs), 2), "runs that are no int64 (N, 2)")
    flat = runs.ravel()
    must(bool((np.diff(flat) > 0).all()), "runs that touch or overlap")
    must(not len(flat) or bool(flat[0] >= 0 and flat[-1] <= pixels), "runs beyond the image")
    numbers = [int(number) for number in typed.split(" ") if number]
    must(rle.area(runs) == sum(numbers[1::2]), "another area than the text says")
    written = rle.to_text(runs)
    must(np.array_equal(rle.parse(written, pixels), runs), "written and parsed again, it differs")
    if shape == _SHAPES[0]:
        mask = rle.decode(typed, shape)
        must(int(mask.sum()) == rle.area(runs), "decoded, another area")
        must(rle.encode(mask) == written, "decoded and encoded again, it differs")


def change(content: bytes, dice: Dice) -> bytes:
    """Change digits and blanks."""
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names="RLE: ", most_bytes=1024)
