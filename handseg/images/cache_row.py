"""One image as one row of the image cache, both ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from isal import isal_zlib
from numpy.typing import NDArray

from handseg import bones
from handseg.errors import told
from handseg.images.reading import MOST_PIXELS
from handseg.masks.polygons import Polygons
from handseg.row_file import Damaged

Part = Literal["train", "test"]
Compression = Literal["none", "zstd"]
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("person", pa.string()),
        ("height", pa.uint32()),
        ("width", pa.uint32()),
        ("pixels", pa.binary()),
        ("class_ids", pa.binary()),
        ("lengths", pa.binary()),
        ("points", pa.binary()),
        ("crc32", pa.uint32()),
    ]
)
"""class_ids: uint8, one for each polygon; lengths: uint32, its points; points: int32 (x, y)."""
_ZSTD_LEVEL = 1
_POINT_BYTES = 8
_LEAST_POINTS = 3


@dataclass(frozen=True)
class CachedImage:
    """One image as training and inference see it."""

    name: str
    person: str
    part: Part
    pixels: NDArray[np.uint8]
    """(H, W), read-only."""
    polygons: Polygons
    """Empty for test images."""


@dataclass(frozen=True)
class PackedImage:
    """One image ready to be written."""

    name: str
    part: Part
    row: pa.RecordBatch


def pack(image: CachedImage, compression: Compression) -> PackedImage:
    """Turn an image into a row; raw pixels are not copied."""
    pairs = [(c, polygon) for c, polygons in image.polygons.items() for polygon in polygons]
    height, width = image.pixels.shape
    class_ids = np.array([class_id for class_id, _ in pairs], np.uint8)
    lengths = np.array([len(polygon) for _, polygon in pairs], np.uint32)
    points = [np.asarray(polygon, np.int32) for _, polygon in pairs]
    pixels: Any = pa.py_buffer(np.ascontiguousarray(image.pixels))
    if compression == "zstd":
        pixels = pa.Codec("zstd", compression_level=_ZSTD_LEVEL).compress(pixels)
    binary = [
        pixels,
        pa.py_buffer(class_ids),
        pa.py_buffer(lengths),
        pa.py_buffer(np.concatenate(points) if points else np.empty((0, 2), np.int32)),
    ]
    crc = _crc32([image.name, image.person, height, width], binary)
    plain = [image.name, image.person, height, width]
    columns = [
        *(pa.array([value], field.type) for value, field in zip(plain, SCHEMA, strict=False)),
        *map(_one_value, binary),
        pa.array([crc], pa.uint32()),
    ]
    return PackedImage(image.name, image.part, pa.record_batch(columns, schema=SCHEMA))


def unpack(row: pa.RecordBatch, part: Part, compression: Compression) -> CachedImage:
    """Turn a row into an image; raw pixels stay where they are.

    Raises:
        Damaged: the row holds no image, whatever its CRC-32.
    """
    name, person, height, width = _plain(row)
    pixels, class_ids, lengths, points = (column[0].as_buffer() for column in row.columns[4:8])
    if not 0 < height * width <= MOST_PIXELS:
        raise Damaged(f"an image of {width} x {height}")
    if compression == "zstd":
        pixels = _decompressed(pixels, height * width)
    if len(pixels) != height * width:
        raise Damaged(f"{len(pixels)} pixels of {width} x {height}")
    shaped = _frozen(pixels, np.uint8).reshape(height, width)
    return CachedImage(name, person, part, shaped, _outlines(class_ids, lengths, points))


def _outlines(class_ids: pa.Buffer, lengths: pa.Buffer, points: pa.Buffer) -> Polygons:
    counts = np.frombuffer(lengths[: len(lengths) // 4 * 4], np.uint32).astype(np.int64)
    fits = (len(class_ids) * 4, counts.sum() * _POINT_BYTES) == (len(lengths), len(points))
    classes = class_ids.to_pybytes()
    if not fits or max(classes, default=0) >= bones.COUNT or (counts < _LEAST_POINTS).any():
        raise Damaged("polygons of other bones or points than there are")
    outlines = np.split(_frozen(points, np.int32).reshape(-1, 2), np.cumsum(counts)[:-1])
    polygons: Polygons = {}
    for class_id, outline in zip(classes, outlines, strict=False):
        polygons.setdefault(class_id, []).append(outline)
    return polygons


def _decompressed(pixels: pa.Buffer, size: int) -> pa.Buffer:
    try:
        return pa.Codec("zstd").decompress(pixels, size)
    except (pa.ArrowException, OSError) as error:
        raise Damaged(told(error)) from error


def _frozen(buffer: pa.Buffer, dtype: type[np.generic]) -> NDArray[Any]:
    """An array that refuses to be written to: in a memory map that would end the process."""
    array = np.frombuffer(buffer, dtype)
    array.flags.writeable = False
    return array


def check_intact(row: pa.RecordBatch, name: str, person: str) -> None:
    """Hold a row to what was written for an image.

    Raises:
        Damaged: its CRC-32, name or person differ.
    """
    plain = _plain(row)
    binary = [column[0].as_buffer() for column in row.columns[4:8]]
    if plain[:2] != [name, person] or _crc32(plain, binary) != row["crc32"][0].as_py():
        raise Damaged("CRC-32, name or person differ")


def _plain(row: pa.RecordBatch) -> list[Any]:
    return [column[0].as_py() for column in row.columns[:4]]


def _crc32(plain: Sequence[object], binary: Sequence[pa.Buffer]) -> int:
    crc = isal_zlib.crc32(repr(list(plain)).encode())
    for buffer in binary:
        crc = isal_zlib.crc32(buffer, isal_zlib.crc32(len(buffer).to_bytes(8, "little"), crc))
    return crc


def _one_value(value: pa.Buffer) -> pa.Array:
    offsets = pa.py_buffer(np.array([0, value.size], np.int32))
    return pa.Array.from_buffers(pa.binary(), 1, [None, offsets, value])
