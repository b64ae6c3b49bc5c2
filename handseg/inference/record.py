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
from numpy.typing import NDArray

from handseg import bones
from handseg.errors import told
from handseg.images.reading import MOST_PIXELS
from handseg.inference.tiles import TILE_PX, ImageTiles
from handseg.row_file import Damaged

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


def unpack(row: pa.RecordBatch) -> ImageTiles:
    """The image of a row that was checked by `row_file`.

    Raises:
        Damaged: its CRC-32 does not match, or its tiles are none of its image.
    """
    header = [column[0].as_py() for column in row.columns[:5]]
    name, person, _, height, width = header
    class_ids, rows, columns = (_flat(column) for column in row.columns[5:8])
    packed = row["values_zstd"][0].as_buffer()
    if _checksum(header, [class_ids, rows, columns, packed]) != row["crc32"][0].as_py():
        raise Damaged(f"the CRC-32 of {told(name)} does not match")
    if not _are_of_image(class_ids, rows, columns, (height, width)):
        raise Damaged(f"tiles of {told(name)} are out of order, or outside")
    size = len(class_ids) * TILE_PX**2
    try:
        plain = _codec().decompress(packed, decompressed_size=size)
        values = np.frombuffer(plain, np.uint8).reshape(len(class_ids), TILE_PX, TILE_PX)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Damaged(f"values of {told(name)} are not those of its tiles") from error
    return ImageTiles(name, person, height, width, class_ids, rows, columns, values)


def _flat(column: pa.Array) -> NDArray[Any]:
    values = column.flatten()
    if values.null_count:
        raise Damaged("a tile has no place")
    return np.asarray(values.to_numpy())


def _are_of_image(
    class_ids: NDArray[np.uint8],
    rows: NDArray[np.uint16],
    columns: NDArray[np.uint16],
    shape: tuple[int, int],
) -> bool:
    """Whether tiles have a place each, within the image, in order, and no two the same."""
    down, right = (-(-side // TILE_PX) for side in shape)
    if not len(class_ids) == len(rows) == len(columns) or shape[0] * shape[1] > MOST_PIXELS:
        return False
    inside = (class_ids < bones.COUNT) & (rows < down) & (columns < right)
    places = (class_ids.astype(np.int64) * down + rows) * right + columns
    return bool(inside.all() and (np.diff(places) > 0).all())


def _checksum(header: list[Any], buffers: Iterable[Any]) -> int:
    checksum = zlib.crc32(json.dumps(header).encode())
    for buffer in buffers:
        checksum = zlib.crc32(buffer, checksum)
    return checksum


def _codec() -> Any:
    return pa.Codec("zstd", compression_level=1)
