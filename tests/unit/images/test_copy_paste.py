import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.images import copy_paste
from handseg.images.copy_paste import Patch

SIDE = 40


def bytes_of(field: NDArray[np.int32]) -> NDArray[np.uint8]:
    return field[..., None].view(np.uint8)


def patch(value: int = 200, opacity: int = 255) -> Patch:
    """5 x 6 pixels: class 1 on the left four columns, class 2 on the right four."""
    field = np.zeros((5, 6), np.int32)
    field[:, :4] |= 1 << 1
    field[:, 2:] |= 1 << 2
    shape = field.shape
    return Patch(
        np.full(shape, value, np.uint8), bytes_of(field), np.full(shape, opacity, np.uint8)
    )


def scene(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Noise of up to 99 with class 0 in the middle."""
    image = np.random.default_rng(seed).integers(0, 100, (SIDE, SIDE), np.uint8)
    field = np.zeros((SIDE, SIDE), np.int32)
    field[10:30, 12:28] = 1
    return image, field


@given(st.integers(0, 1000))
def test_bones_are_pasted_where_no_bone_is(seed: int) -> None:
    image, field = scene(seed)
    generator = np.random.default_rng(seed)
    pasted, target = copy_paste.paste(image, bytes_of(field), [patch(), patch(201)], generator)
    found = target.view(np.int32)[..., 0]
    assert np.array_equal(found & 1, field)
    assert not (found[field != 0] & ~1).any()
    assert np.isin(pasted[found > 1], (200, 201)).all()
    assert np.array_equal(pasted[found <= 1], image[found <= 1])
    assert np.array_equal(image, scene(seed)[0])


def test_overlap_among_pasted_bones_is_kept() -> None:
    image, field = scene(0)
    _, target = copy_paste.paste(image, bytes_of(field), [patch()], np.random.default_rng(0))
    found = target.view(np.int32)[..., 0]
    # columns 0-3 are class 1, 2-5 class 2: two of the six carry both
    assert [int((found == code).sum()) for code in (0b010, 0b110, 0b100)] == [10, 10, 10]


def test_a_patch_in_part_of_a_pixel_is_mixed_in_that_part() -> None:
    # 100 + (200 - 100) * 51 / 255 = 120
    image = np.full((SIDE, SIDE), 100, np.uint8)
    target = np.zeros((SIDE, SIDE, 4), np.uint8)
    pasted, _ = copy_paste.paste(image, target, [patch(200, 51)], np.random.default_rng(0))
    assert np.array_equal(np.unique(pasted), [100, 120])
    assert (pasted == 120).sum() == 30


def test_where_there_is_no_room_nothing_is_pasted() -> None:
    image, target = np.zeros((SIDE, SIDE), np.uint8), np.ones((SIDE, SIDE, 4), np.uint8)
    pasted, found = copy_paste.paste(image, target, [patch()], np.random.default_rng(0))
    assert np.array_equal(pasted, image) and np.array_equal(found, target)


def test_the_same_seed_pastes_in_the_same_place() -> None:
    image, field = scene(0)
    one, other, third = (
        copy_paste.paste(image, bytes_of(field), [patch()], np.random.default_rng(seed))[0]
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, other) and not np.array_equal(one, third)


def test_bones_that_overlap_go_together() -> None:
    # 3 with 5, 5 with 7; 4 alone, 6 touches 4 without a pixel of both
    field = np.array([[8, 8 | 32, 32, 32 | 128, 128, 0, 16, 16, 64]], np.int32)
    assert copy_paste.groups(field) == [[3, 5, 7], [4], [6]]


def test_a_bone_is_cut_out_in_its_rectangle() -> None:
    opacity = np.zeros((9, 9), np.uint8)
    opacity[2:5, 3:7] = 255
    image = np.arange(81, dtype=np.uint8).reshape(9, 9)
    found = copy_paste.cut(image, image[..., None], opacity)
    assert found is not None
    assert np.array_equal(found.pixels, image[2:5, 3:7])
    assert np.array_equal(found.target[..., 0], image[2:5, 3:7])


@pytest.mark.parametrize("edge", [np.s_[:3], np.s_[-3:], np.s_[:, :3], np.s_[:, -3:], np.s_[:0]])
def test_a_bone_that_the_frame_cuts_stays_out(edge: tuple[slice, ...] | slice) -> None:
    opacity = np.zeros((9, 9), np.uint8)
    opacity[edge] = 255
    assert copy_paste.cut(opacity, opacity[..., None], opacity) is None


def test_bones_are_found_by_name() -> None:
    assert copy_paste.class_ids(["Pisiform", "finger-1"]) == [0, 26]


def test_a_name_that_is_no_bone_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="copy_paste_bones has 'Trapezum', .* give Trapezium"):
        copy_paste.class_ids(["Trapezum"])
