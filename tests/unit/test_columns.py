import pyarrow as pa
import pytest

from handseg.columns import differences

WANTED = pa.schema(
    [("name", pa.string()), ("height", pa.uint32()), ("rows", pa.list_(pa.uint16()))]
)
NAME, HEIGHT, ROWS = WANTED


def test_equal_columns_differ_in_nothing_whatever_the_metadata() -> None:
    assert differences(WANTED.with_metadata({b"format": b"x"}), WANTED) == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([HEIGHT, ROWS], "no column name"),
        (
            [NAME, pa.field("height", pa.float64()), ROWS],
            "height is 'double' instead of 'uint32'",
        ),
        (
            [NAME, HEIGHT, pa.field("rows", pa.list_(pa.int8()))],
            "rows is 'list<item: int8>' instead of 'list<item: uint16>'",
        ),
        (
            [NAME.with_nullable(False), HEIGHT, ROWS],
            "name is 'string not null' instead of 'string'",
        ),
        ([NAME, HEIGHT, ROWS, NAME], "column name 2 times"),
        ([NAME, HEIGHT, ROWS, pa.field("a\n", pa.int8())], r"unknown column 'a\n'"),
        ([HEIGHT, NAME, ROWS], "columns in the order height, name, rows, not name, height, rows"),
        (
            [pa.field("Name", pa.string()), HEIGHT.with_type(pa.int64()), ROWS],
            "no column name, height is 'int64' instead of 'uint32', unknown column 'Name'",
        ),
    ],
)
def test_every_difference_is_said(found: list[pa.Field], said: str) -> None:
    assert differences(pa.schema(found), WANTED) == said


def test_a_flipped_bit_in_a_schema_never_ends_in_another_error() -> None:
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, WANTED).close()
    content, told = sink.getvalue().to_pybytes(), set()
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            found = pa.ipc.open_stream(bytes(damaged)).schema
        except (pa.ArrowException, OSError):
            continue
        said = differences(found, WANTED)
        told.add(said)
        assert bool(said) != found.equals(WANTED)
    assert "a column's name is no UTF-8" in told
