"""Changes of an Arrow file: of its bytes where they say where others lie, or of what it says."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tests.fuzz.dice import Dice

_ENDS = 1500
"""Bytes at a file's begin and end that hold its schema, footer and messages."""
_BOMB_BYTES = 200_000_000


def file_of(schema: Any, batches: Sequence[Any], compression: str | None = None) -> bytes:
    """An Arrow file of these record batches; one file has one dictionary of a column."""
    if any(pa.types.is_dictionary(field.type) for field in schema):
        batches = pa.Table.from_batches(batches, schema).unify_dictionaries().to_batches()
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(sink, schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def bomb(row: Any, number: int) -> bytes:
    """A file of a few kilobytes, one of whose columns of bytes Arrow unfolds to zeros."""
    field = row.schema.field(number)
    width = np.int64 if pa.types.is_large_binary(field.type) else np.int32
    buffers = [np.array([0, _BOMB_BYTES], width), np.zeros(_BOMB_BYTES, np.uint8)]
    values = pa.Array.from_buffers(field.type, 1, [None, *map(pa.py_buffer, buffers)])
    return file_of(row.schema, [row.set_column(number, field, values)], "zstd")


def other_rows(batch: Any, dice: Dice) -> Any:
    """A record batch that has no row, two, nothing in a column, or a column of another kind."""
    number = dice.random.randrange(batch.num_columns)
    field = batch.schema.field(number)
    column = batch.column(number)
    if pa.types.is_primitive(column.type):
        column = column.dictionary_encode()
    twice = pa.Table.from_batches([batch, batch]).combine_chunks().to_batches()[0]
    return dice.random.choice(
        (
            batch.slice(0, 0),
            twice,
            batch.set_column(number, field, pa.nulls(batch.num_rows, field.type)),
            batch.set_column(number, field.name, column),
            batch.drop_columns([field.name]),
        )
    )


def change_bytes(content: bytes, dice: Dice) -> bytes:
    """Change bytes, most often where the file says what lies where."""
    for _ in range(dice.random.choice((1, 1, 2, 4))):
        content = dice.random.choice(_CHANGES)(content, dice)
    return content


def _number(content: bytes, dice: Dice) -> bytes:
    """An odd number of four or eight bytes in place of another."""
    size = dice.random.choice((1, 2, 4, 8))
    odd = dice.random.choice((0, 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**20, 8, 64)) % (
        1 << 8 * size
    )
    at = _place(content, dice) // size * size
    return content[:at] + odd.to_bytes(size, "little") + content[at + size :]


def _bit(content: bytes, dice: Dice) -> bytes:
    at = _place(content, dice)
    changed = content[at] ^ 1 << dice.random.randrange(8) if content else 0
    return content[:at] + bytes([changed]) + content[at + 1 :]


def _copy(content: bytes, dice: Dice) -> bytes:
    """Words of the file over others of it."""
    size = dice.random.choice((4, 8, 16, 64))
    there, here = (_place(content, dice) // 4 * 4 for _ in range(2))
    return content[:here] + content[there : there + size] + content[here + size :]


def _cut(content: bytes, dice: Dice) -> bytes:
    at = _place(content, dice)
    return (
        content[:at]
        if dice.falls(0.3)
        else content[:at] + content[at + dice.random.choice((1, 8)) :]
    )


def _place(content: bytes, dice: Dice) -> int:
    most = max(len(content) - 1, 0)
    if dice.falls(0.2):
        return dice.random.randint(0, most)
    from_end = dice.random.randint(0, min(most, _ENDS))
    return most - from_end if dice.falls(0.6) else from_end


_CHANGES: tuple[Callable[[bytes, Dice], bytes], ...] = (_number, _number, _bit, _bit, _copy, _cut)
