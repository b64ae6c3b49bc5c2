import zlib
from collections.abc import Sequence

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.images import grey_png
from handseg.images.grey_png import Undecodable
from handseg.images.png import Header

Image = NDArray[np.uint8]
IMAGE = np.random.default_rng(1).integers(0, 256, (9, 7), np.uint8)


def foretold(kind: int, left: int, above: int, corner: int) -> int:
    """What a filter foretells of a byte: PNG specification, 9.2."""
    if kind == 4:
        guess = left + above - corner
        return min((left, above, corner), key=lambda value: abs(guess - value))
    return (0, left, above, (left + above) // 2)[kind]


def filtered(image: Image, kinds: Sequence[int], channels: int) -> bytes:
    """The rows of a grey image as so many equal channels, each after its filter."""
    rows = np.repeat(image, channels, axis=1).astype(int)
    height, width = rows.shape
    padded = np.zeros((height + 1, width + channels), int)
    padded[1:, channels:] = rows
    found = bytearray()
    for y, kind in enumerate(kinds):
        found.append(kind)
        for x in range(width):
            near = padded[y + 1, x], padded[y, x + channels], padded[y, x]
            found.append((rows[y, x] - foretold(kind, *map(int, near))) % 256)
    return bytes(found)


def decoded(
    rows: bytes, image: Image, channels: int = 1, *, interlaced: bool = False, piece: int = 5
) -> Image:
    return of_stream(zlib.compress(rows), image, channels, interlaced=interlaced, piece=piece)


def of_stream(
    stream: bytes, image: Image, channels: int, *, interlaced: bool = False, piece: int = 5
) -> Image:
    height, width = image.shape
    header = Header(height, width, 8, {1: 0, 3: 2}[channels], interlaced)
    view = memoryview(stream)
    return grey_png.decode(header, [view[s : s + piece] for s in range(0, len(view), piece)])


@given(
    image=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)),
    channels=st.sampled_from([1, 3]),
    piece=st.integers(1, 400),
    data=st.data(),
)
def test_every_filter_is_undone(
    image: Image, channels: int, piece: int, data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=len(image), max_size=len(image)))
    found = decoded(filtered(image, kinds, channels), image, channels, piece=piece)
    np.testing.assert_array_equal(found, image)


def test_an_image_larger_than_a_piece_and_a_stored_block() -> None:
    image = np.random.default_rng(2).integers(0, 256, (400, 300), np.uint8)
    rows = np.concatenate([np.zeros((400, 1), np.uint8), np.repeat(image, 3, axis=1)], axis=1)
    found = decoded(rows.tobytes(), image, 3, piece=1 << 20)
    np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize("position", [1, 2, 3, -1])
def test_channels_that_differ_come_as_three(position: int) -> None:
    rows = bytearray(filtered(IMAGE, [2] * 9, 3))
    rows[position] ^= 1
    found = decoded(bytes(rows), IMAGE, 3)
    assert found.shape == (9, 7, 3)
    assert np.ptp(found, axis=2).max() == 1


def woven(image: Image) -> bytes:
    """The rows of a grey image, unfiltered, in the order of the seven passes."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    parts = [image[y::down, x::right] for y, x, down, right in (*passes, (1, 0, 2, 1))]
    return b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_an_interlaced_image_is_woven_together(image: Image) -> None:
    np.testing.assert_array_equal(decoded(woven(image), image, interlaced=True), image)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("fault", ["short", "long", "cut", "sum", "bomb", "window", "none"])
def test_other_than_the_pixels_announced_is_refused(fault: str, interlaced: bool) -> None:
    rows = woven(IMAGE) if interlaced else filtered(IMAGE, [1] * 9, 1)
    streams = {
        "short": zlib.compress(rows[:-1]),
        "long": zlib.compress(rows + b"\0"),
        "cut": zlib.compress(rows)[:-5],
        "sum": zlib.compress(rows)[:-1] + b"\xaa",
        "bomb": zlib.compress(bytes(1 << 24)),
        # 2^16 bytes, twice what there is; the check bits of its header are right
        "window": b"\x88\x1c" + zlib.compress(rows)[2:],
        "none": b"",
    }
    with pytest.raises(Undecodable):
        of_stream(streams[fault], IMAGE, 1, interlaced=interlaced)


def test_no_filter_of_that_number() -> None:
    with pytest.raises(Undecodable):
        decoded(b"".join(bytes([9]) + row.tobytes() for row in IMAGE), IMAGE)
