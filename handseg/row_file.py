"""Arrow files of one row for each record batch, read only where they are as handseg writes them.

Arrow can compress the values of a batch, and then a few kilobytes unfold to gigabytes before
anything of them can be checked. None of ours is written so, and a batch that says it is, or whose
place is not inside the file, is refused before it is read.
"""

import struct

import numpy as np
import pyarrow as pa
from flatbuffers import encode
from flatbuffers.number_types import UOffsetTFlags
from flatbuffers.table import Table
from numpy.typing import NDArray

from handseg.errors import told

_END = 10
"""Bytes at the end: the footer's length and the magic."""
_PREFIX = 8
"""Bytes before a message: that it is one of today's format, and its length."""
_BLOCK = np.dtype(
    {
        "names": ["offset", "metadata", "body"],
        "formats": ["<i8", "<i4", "<i8"],
        "offsets": [0, 8, 16],
        "itemsize": 24,
    }
)
"""Where a record batch lies: `Block` of Arrow's File.fbs."""
# Numbers of fields in Footer (File.fbs), Message and RecordBatch (Message.fbs).
_DICTIONARIES, _BATCHES = 2, 3
_HEADER = 2
_COMPRESSION = 3


class Damaged(Exception):  # noqa: N818 - says what it is
    """What is wrong with a file or a row, in a few words that may stand in a message."""


class RowFile:
    """Reads the rows of a file, in any order."""

    def __init__(self, source: pa.NativeFile, columns: list[int] | None = None) -> None:
        """Open it.

        Args:
            source: the file.
            columns: which to read; all by default.

        Raises:
            Damaged: it is no Arrow file, or its footer lies.
        """
        options = pa.ipc.IpcReadOptions(included_fields=columns)
        self._source = source
        try:
            self._reader = pa.ipc.open_file(source, options=options)
            self.schema: pa.Schema = self._reader.schema
            self.schema.names  # noqa: B018 - read here, where what is no text can be caught
            self.notes: dict[bytes, bytes] = self.schema.metadata or {}
            self._blocks = _blocks(source)
        except (pa.ArrowException, OSError, UnicodeDecodeError, ValueError) as error:
            raise Damaged(told(error)) from error

    def __len__(self) -> int:
        return len(self._blocks)

    def read(self, position: int) -> pa.RecordBatch:
        """Read one row.

        Raises:
            Damaged: it is not one row of values, all of them within the file.
        """
        block = self._blocks[position]
        try:
            check_plain(self._source.read_at(int(block["metadata"]), int(block["offset"])))
            return checked(self._reader.get_batch(position))
        except (pa.ArrowException, OSError) as error:
            raise Damaged(told(error)) from error


def checked(row: pa.RecordBatch) -> pa.RecordBatch:
    """Give a batch back that is one row, without anything missing, and all of it within its bytes.

    Raises:
        Damaged: it is not.
    """
    try:
        row.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise Damaged(told(error)) from error
    if row.num_rows != 1:
        raise Damaged(f"{row.num_rows} rows instead of one")
    empty = [name for name, column in zip(row.schema.names, row, strict=True) if column.null_count]
    if empty:
        raise Damaged(f"no value of {', '.join(empty)}")
    return row


def check_plain(message: bytes) -> None:
    """Refuse a record batch whose values Arrow has compressed, by its message without its body.

    Raises:
        Damaged: it is one, or no message of a record batch.
    """
    try:
        if message[:4] != b"\xff" * 4:
            raise Damaged("a message of another format")
        root = _root(memoryview(message)[_PREFIX:])
        header = root.Offset(4 + 2 * _HEADER)
        if not header:
            raise Damaged("a message of another format")
        batch = Table(root.Bytes, root.Indirect(root.Pos + header))
        compressed = batch.Offset(4 + 2 * _COMPRESSION)
    except (ValueError, IndexError, ArithmeticError, TypeError, struct.error) as error:
        raise Damaged("a message of another format") from error
    if compressed:
        raise Damaged("compressed by Arrow, as none of ours is")


def _root(content: bytes | memoryview) -> Table:
    return Table(content, encode.Get(UOffsetTFlags.packer_type, content, 0))


def _blocks(source: pa.NativeFile) -> NDArray[np.void]:
    """Where each record batch lies; the footer is one that Arrow has verified."""
    size = source.size()
    length = int.from_bytes(source.read_at(_END, size - _END)[:4], "little")
    footer = _root(source.read_at(length, size - _END - length))
    if _count(footer, _DICTIONARIES):
        raise Damaged("columns of indices, as none of ours is")
    count = _count(footer, _BATCHES)
    start = footer.Vector(footer.Offset(4 + 2 * _BATCHES)) if count else 0
    blocks = np.frombuffer(footer.Bytes, _BLOCK, count, start)
    offset, metadata, body = (blocks[name] for name in ("offset", "metadata", "body"))
    # Each alone within the file first, so that no sum can overflow.
    inside = (offset >= 0) & (metadata >= _PREFIX) & (body >= 0)
    inside &= (offset <= size) & (body <= size)
    if not (inside & (offset + metadata + np.where(inside, body, 0) <= size)).all():
        raise Damaged("a row that lies outside of the file")
    return blocks


def _count(footer: Table, field: int) -> int:
    offset = footer.Offset(4 + 2 * field)
    return footer.VectorLen(offset) if offset else 0
