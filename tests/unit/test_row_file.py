import io
import random

import numpy as np
import pyarrow as pa
import pytest

from handseg import row_file
from handseg.row_file import Damaged, RowFile

SCHEMA = pa.schema([("name", pa.string()), ("pixels", pa.large_binary())])


def row(name: str | None, pixels: bytes = b"1234") -> pa.RecordBatch:
    return pa.record_batch([[name], [pixels]], schema=SCHEMA)


def file(*rows: pa.RecordBatch, compression: str | None = None) -> bytes:
    sink, options = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(sink, rows[0].schema if rows else SCHEMA, options=options) as writer:
        for one in rows:
            writer.write_batch(one)
    return sink.getvalue()


def opened(content: bytes, columns: list[int] | None = None) -> RowFile:
    return RowFile(pa.BufferReader(content), columns)


def refused(content: bytes) -> str:
    with pytest.raises(Damaged) as damage:
        opened(content).read(0)
    return str(damage.value)


def test_rows_are_read_in_any_order_and_columns_as_they_are_asked_for() -> None:
    content = file(row("a"), row("b"), row("c"))
    whole, names = opened(content), opened(content, [0])
    assert len(whole) == len(names) == 3
    assert [whole.read(position)["name"][0].as_py() for position in (2, 0)] == ["c", "a"]
    assert names.read(1).schema.names == ["name"]
    assert len(opened(file())) == 0


def test_what_arrow_has_compressed_is_refused_before_it_unfolds() -> None:
    zeros = np.zeros(100_000_000, np.uint8)
    pixels = pa.Array.from_buffers(
        pa.large_binary(),
        1,
        [None, pa.py_buffer(np.array([0, zeros.size])), pa.py_buffer(zeros)],
    )
    bomb = file(pa.record_batch([pa.array(["a"]), pixels], schema=SCHEMA), compression="zstd")
    assert len(bomb) < 50_000
    before = pa.total_allocated_bytes()
    found = opened(bomb)
    with pytest.raises(Damaged, match="compressed by Arrow, as none of ours is"):
        found.read(0)
    assert pa.total_allocated_bytes() - before < 1_000_000


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (pa.record_batch([["a", "b"], [b"", b""]], schema=SCHEMA), "2 rows instead of one"),
        (row("a").slice(0, 0), "0 rows instead of one"),
        (row(None), "no value of name"),
        (
            pa.record_batch({"name": pa.array(["a"]).dictionary_encode()}),
            "columns of indices, as none of ours is",
        ),
    ],
)
def test_other_than_one_row_of_values_is_refused(rows: pa.RecordBatch, fault: str) -> None:
    assert refused(file(rows)) == fault


def block_of(content: bytes) -> bytes:
    """Where the one batch of a file lies, as the footer has it."""
    messages = pa.ipc.MessageReader.open_stream(content[8:])
    schema, batch = (messages.read_next_message() for _ in range(2))
    body = len(batch.body)
    sizes = [8 + len(schema.serialize()), len(batch.serialize()) - body, body]
    return np.array(sizes, np.int64).tobytes()


@pytest.mark.parametrize(("place", "value"), [(0, 10_000), (8, 2**31 - 1), (16, 2**63 - 1)])
def test_a_row_outside_of_the_file_is_refused_at_once(place: int, value: int) -> None:
    content = bytearray(file(row("a")))
    begins = content.rindex(block_of(bytes(content)))
    content[begins + place : begins + place + 8] = value.to_bytes(8, "little")
    with pytest.raises(Damaged, match="a row that lies outside of the file"):
        opened(bytes(content))


@pytest.mark.parametrize("length", [0, 3, 12, 100])
def test_what_is_no_arrow_file_is_refused(length: int) -> None:
    with pytest.raises(Damaged):
        opened(file(row("a"))[:length])


def test_a_damaged_message_is_refused() -> None:
    for message in (b"", b"\xff" * 4, b"\xff" * 400, bytes(400), b"\xff" * 4 + bytes(100)):
        with pytest.raises(Damaged, match="a message of another format"):
            row_file.check_plain(message)


def test_no_flipped_bit_ends_in_another_error() -> None:
    content, refusals = file(row("a"), row("b")), 0
    for bit in random.Random(0).sample(range(8 * len(content)), 2000):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            found = opened(bytes(damaged))
            for position in range(len(found)):
                found.read(position)
        except Damaged as damage:
            refusals += 1
            assert str(damage).isprintable()
            assert len(str(damage)) <= 300
    assert refusals > 300
