"""Rows of an image cache whose CRC-32 is right and whose image is not."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from handseg.images import cache_row
from handseg.images.cache_row import CachedImage, Compression
from tests.fuzz.changes import arrow
from tests.fuzz.dice import Dice

_TRIANGLE = np.array([[1, 2], [3, 4], [5, 0]], np.int32)
_SIZES = (0, 1, 6, 7, 42, 2**16, 2**31, 2**32 - 1)


def drawn(number: int) -> CachedImage:
    """An image of 6 x 7 with three polygons of two bones."""
    pixels = np.arange(42, dtype=np.uint8).reshape(6, 7) + np.uint8(number)
    polygons = {0: [_TRIANGLE], 28: [_TRIANGLE + 1, _TRIANGLE]}
    return CachedImage(f"image{number}.png", "ID1", "train", pixels, polygons)


def row(number: int, compression: Compression, dice: Dice) -> Any:
    """An image as a record batch, most often with something wrong in it."""
    batch = cache_row.pack(_wrong(drawn(number), dice.random), compression).row
    if dice.falls(0.4):
        return batch
    if dice.falls(0.3):
        return arrow.other_rows(batch, dice)
    plain = [column[0].as_py() for column in batch.columns[:4]]
    binary = [column[0].as_py() for column in batch.columns[4:8]]
    number = dice.random.randrange(4)
    if dice.falls(0.7):
        binary[number] = dice.changed(binary[number], len(binary[number]) + 8)
    else:
        plain[dice.random.choice((2, 3))] = dice.random.choice(_SIZES)
    return _checked(plain, binary)


def _checked(plain: Sequence[Any], binary: Sequence[bytes]) -> Any:
    """A row with its CRC-32, as `cache_row` takes it."""
    crc = zlib.crc32(repr(list(plain)).encode())
    for content in binary:
        crc = zlib.crc32(content, zlib.crc32(len(content).to_bytes(8, "little"), crc))
    values = zip([*plain, *binary, crc], cache_row.SCHEMA, strict=True)
    return pa.record_batch(
        [pa.array([value], field.type) for value, field in values], schema=cache_row.SCHEMA
    )


def _wrong(image: CachedImage, chance: Random) -> CachedImage:
    """An image with one thing changed, or none."""
    far = np.array([[-5, 2], [2**31 - 1, 4], [5, 0]], np.int32)
    changes: list[dict[str, Any]] = [
        {},
        {"pixels": image.pixels[:0]},
        {"polygons": {}},
        {"polygons": {0: [far]}},
        {"polygons": {29: [_TRIANGLE], 255: [_TRIANGLE]}},
        {"polygons": {3: [_TRIANGLE[:2]], 4: [_TRIANGLE[:0], _TRIANGLE]}},
        {"name": chance.choice(("", "a\nb", "\u202e.png", "x" * 900, "../a.png"))},
        {"person": chance.choice(("", "\0", "y" * 900))},
    ]
    return replace(image, **chance.choice(changes))
