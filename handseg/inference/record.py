"""One image's tiles as one row of an Arrow record batch, with its CRC-32.

The tiles' values are compressed here and not by Arrow, so that the CRC-32 is taken over a tenth of
the bytes, and names are read without touching any value.
"""

import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from handseg.inference.tiles import TILE_PX, ImageTiles

SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("person", pa.string()),
        ("position", pa.uint32()),
        ("height", pa.uint32()),
        ("width", pa.uint32()),
        ("class_ids", pa.list_(pa.uint8())),
        ("rows", pa.list_(pa.uint16())),
        ("columns", pa.list_(pa.uint16())),
        ("values_zstd", pa.large_binary()),
        ("crc32", pa.uint32()),
    ]
)


def pack(tiles: ImageTiles, position: int) -> Any:
    """One record batch of one row; see `StoreWriter.add`."""
    header: list[Any] = [tiles.name, tiles.person, position, tiles.height, tiles.width]
    positions = [
        np.ascontiguousarray(tiles.class_ids, np.uint8),
        np.ascontiguousarray(tiles.rows, np.uint16),
        np.ascontiguousarray(tiles.columns, np.uint16),
    ]
    packed = _codec().compress(np.ascontiguousarray(tiles.values, np.uint8), asbytes=True)
    row = [*header, *positions, packed, _checksum(header, [*positions, packed])]
    arrays = [pa.array([value], field.type) for value, field in zip(row, SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=SCHEMA)


def unpack(batch: Any) -> ImageTiles | None:
    """The image of a record batch, or None where its CRC-32 does not match."""
    header = [column[0].as_py() for column in batch.columns[:5]]
    class_ids, rows, columns = (column.flatten().to_numpy() for column in batch.columns[5:8])
    packed = batch["values_zstd"][0].as_buffer()
    if _checksum(header, [class_ids, rows, columns, packed]) != batch["crc32"][0].as_py():
        return None
    size = len(class_ids) * TILE_PX**2
    plain = _codec().decompress(packed, decompressed_size=size)
    values = np.frombuffer(plain, np.uint8).reshape(-1, TILE_PX, TILE_PX)
    name, person, _, height, width = header
    return ImageTiles(name, person, height, width, class_ids, rows, columns, values)


def _checksum(header: list[Any], buffers: Iterable[Any]) -> int:
    checksum = zlib.crc32(json.dumps(header).encode())
    for buffer in buffers:
        checksum = zlib.crc32(buffer, checksum)
    return checksum


def _codec() -> Any:
    return pa.Codec("zstd", compression_level=1)
