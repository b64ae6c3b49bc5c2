from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.images import cache_row
from handseg.images.cache import CachedImage
from handseg.images.cache_row import Compression
from handseg.masks.polygons import Polygons
from handseg.row_file import Damaged
from tests.unit.images.made_cache import COMPRESSIONS, assert_equal, image


@st.composite
def polygons(draw: st.DrawFn) -> Polygons:
    points = hnp.arrays(np.int32, st.tuples(st.integers(3, 6), st.just(2)))
    return draw(
        st.dictionaries(st.integers(0, 28), st.lists(points, min_size=1, max_size=3), max_size=4)
    )


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    polygons(),
    st.sampled_from(COMPRESSIONS),
)
def test_unpacking_undoes_packing(
    pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    polygons: Polygons,
    compression: Compression,
) -> None:
    expected = CachedImage("a.png", "ann", "train", pixels, polygons)
    packed = cache_row.pack(expected, compression)
    cache_row.check_intact(packed.row, "a.png", "ann")
    for name, person in (("b.png", "ann"), ("a.png", "bob")):
        with pytest.raises(Damaged, match="CRC-32, name or person differ"):
            cache_row.check_intact(packed.row, name, person)
    assert_equal(cache_row.unpack(packed.row, "train", compression), expected)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"height": 8}, "pixels of|ZSTD"),
        ({"height": 0}, "an image of 5 x 0"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "an image of 4294967295 x 4294967295"),
        ({"pixels": b"\0" * 34}, "pixels of|ZSTD"),
        ({"class_ids": b"\0\x1d\x1c"}, "polygons of other bones or points"),
        ({"class_ids": b"\0"}, "polygons of other bones or points"),
        ({"lengths": b"\0" * 12}, "polygons of other bones or points"),
        ({"lengths": b"\xff" * 12}, "polygons of other bones or points"),
        ({"lengths": b"\3\0\0\0" * 2 + b"\3\0\0"}, "polygons of other bones or points"),
        ({"points": b"\0" * 71}, "polygons of other bones or points"),
    ],
)
def test_a_row_that_holds_no_image_is_refused_whatever_its_checksum(
    changes: dict[str, Any], fault: str, compression: Compression
) -> None:
    row = cache_row.pack(image("a.png"), compression).row
    for name, value in changes.items():
        number = row.schema.get_field_index(name)
        field = row.schema.field(number)
        row = row.set_column(number, field, pa.array([value], field.type))
    with pytest.raises(Damaged, match=fault):
        cache_row.unpack(row, "train", compression)
