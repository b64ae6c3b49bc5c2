import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.masks import rle

Mask = NDArray[np.bool_]

MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def plain_text(mask: Mask) -> str:
    """The definition, written out: row by row, counted from 1, pairs of start and length."""
    words = []
    start = 0
    for position, value in enumerate([*mask.ravel().tolist(), False], start=1):
        if value and not start:
            start = position
        elif start and not value:
            words += [str(start), str(position - start)]
            start = 0
    return " ".join(words)


def test_text_counts_rows_first_and_from_one() -> None:
    # . # #    flat, from 1: 2 3 in the first row, 4 begins the second and touches them;
    # # . #    6 and 7 touch across the next row end
    # # . .
    mask = np.array([[0, 1, 1], [1, 0, 1], [1, 0, 0]], bool)
    assert rle.encode(mask) == "2 3 6 2"


def test_empty_mask_encodes_to_empty_text() -> None:
    assert rle.encode(np.zeros((2048, 2048), bool)) == ""
    assert len(rle.parse("", 4)) == 0
    assert not rle.decode("", (3, 5)).any()


def test_full_mask_is_one_run() -> None:
    assert rle.encode(np.ones((3, 700), bool)) == "1 2100"


def test_any_value_but_zero_is_foreground() -> None:
    assert rle.encode(np.array([[0, 255, 1, 2]], np.uint8)) == "2 3"


@given(MASKS)
def test_encoding_equals_its_definition(mask: Mask) -> None:
    assert rle.encode(mask) == plain_text(mask)


@given(MASKS)
def test_decoding_undoes_encoding(mask: Mask) -> None:
    assert np.array_equal(rle.decode(rle.encode(mask), mask.shape), mask)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 1.0])
def test_decoding_undoes_encoding_at_2048(share: float) -> None:
    mask = np.random.default_rng(0).random((2048, 2048)) < share
    text = rle.encode(mask)
    assert np.array_equal(rle.decode(text, mask.shape), mask)
    assert rle.to_text(rle.parse(text, mask.size)) == text


@given(MASKS, st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_runs_of_a_rectangle_are_those_of_its_image(
    mask: Mask, top: int, left: int, right: int
) -> None:
    image = np.pad(mask, ((top, 1), (left, right)))
    runs = rle.runs_of_roi(mask, top=top, left=left, width=image.shape[1])
    assert np.array_equal(runs, rle.runs_of(image))


@given(MASKS)
def test_runs_are_sorted_apart_and_of_the_masks_area(mask: Mask) -> None:
    runs = rle.runs_of(mask)
    assert np.all(np.diff(runs.ravel()) > 0)
    assert rle.area(runs) == mask.sum()


def test_runs_that_touch_are_joined_when_read() -> None:
    assert rle.parse("1 2 3 4", 6).tolist() == [[0, 6]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3", "3 numbers"),
        ("1 x", "'x'"),
        ("1.0 2", "'.'"),
        ("-1 2", "'-'"),
        ("1,2", "','"),
        ("1\t2", r"'\\t'"),
        ("٣ 1", "'٣'"),
        ("0 2", "run 0 2 starts before the image"),
        ("4 0", "run 4 0 has length 0"),
        ("9 3", "run 9 3 ends beyond the image's 10 pixels"),
        ("11 1", "run 11 1 ends beyond"),
        ("1 9223372036854775807", "ends beyond"),
        ("1 99999999999999999999", "99999999999999999999 lies beyond any image"),
        ("1 " + "9" * 5000, "lies beyond any image"),
        ("1 3 3 2", "run 3 2 begins before the one before it has ended"),
        ("5 1 1 1", "run 1 1 begins before"),
    ],
)
def test_broken_text_is_refused_with_the_number_at_fault(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        rle.parse(text, 10)


@given(st.text(alphabet="0123456789 ", max_size=12))
def test_text_is_refused_or_gives_runs_within_the_image(text: str) -> None:
    try:
        runs = rle.parse(text, 50)
    except BadInput:
        return
    assert np.all(np.diff(runs.ravel()) > 0)
    assert not len(runs) or (runs.min() >= 0 and runs.max() <= 50)
