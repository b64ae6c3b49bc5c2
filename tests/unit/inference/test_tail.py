"""Regions hold what the dense path gives: every value within a level, nothing missed anywhere."""

from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.inference import refinement
from handseg.inference.tail import Tail
from handseg.models.refine import Refine

CUT = 8


def _refine(classes: int, spread: float) -> Refine:
    torch.manual_seed(1)
    refine = Refine(classes)
    with torch.no_grad():
        for parameter in refine.parameters():
            parameter.add_(torch.randn_like(parameter) * spread)
    return refine


def _tail(scale: Fraction | int, refine: Refine | None) -> Tail:
    return Tail(Fraction(scale), refinement.of_classes(refine) if refine is not None else None, CUT)


@torch.no_grad()
def _dense(
    native: NDArray[np.float32], shape: tuple[int, int], *, scale: Fraction, refine: Refine | None
) -> NDArray[np.uint8]:
    logits = torch.from_numpy(native)[None]
    if scale > 1:
        size = [int(side * scale) for side in native.shape[1:]]
        logits = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)
    if refine is not None:
        logits = refine(logits)
    probabilities = torch.sigmoid(logits)
    if probabilities.shape[-2:] != shape:
        probabilities = F.interpolate(
            probabilities, size=shape, mode="bilinear", align_corners=False
        )
    levels = (probabilities[0] * 255).round().to(torch.uint8).numpy()
    return np.where(levels < CUT, 0, levels).astype(np.uint8)


def _filled(tail: Tail, native: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.uint8]:
    planes = np.zeros((len(native), *shape), np.uint8)
    for region in tail.regions(native, shape):
        height, width = region.values.shape
        bottom, right = region.top + height, region.left + width
        assert bottom <= shape[0] and right <= shape[1]
        planes[region.class_id, region.top : bottom, region.left : right] = region.values
    return planes


def _assert_same(found: NDArray[np.uint8], dense: NDArray[np.uint8]) -> None:
    borderline = (found == 0) != (dense == 0)
    assert (np.maximum(found, dense)[borderline] == CUT).all()
    difference = np.abs(found.astype(int) - dense)
    assert difference[~borderline].max(initial=0) <= 1


def _native(kind: str, seed: int, side: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    if kind == "noise":  # an untrained network: stray pixels everywhere
        return random.normal(-5, 2, (2, side, side)).astype(np.float32)
    native = random.normal(-9, 0.5, (2, side, side)).astype(np.float32)
    if kind == "strays":
        native[random.random(native.shape) < 0.002] = 3
    elif kind == "frame":
        native[:, 0, side // 3] = native[:, -1, -1] = native[:, side // 2, 0] = 6
    elif kind == "ground":  # high enough that padding at the frame matters
        native += 5
    else:
        top, left = random.integers(0, side - 8, 2)
        native[:, top : top + 8, left : left + 5] = random.normal(5, 2, (2, 8, 5))
    return native


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["blob", "noise", "strays", "frame", "ground"]),
    st.sampled_from([Fraction(n, 8) for n in (8, 9, 11, 16, 20, 24, 32)]),
    st.sampled_from([0.0, 0.05, 0.5]),
    st.sampled_from([None, (150, 90), (64, 64), (40, 260)]),
    st.sampled_from([24, 48, 80]),
    st.integers(0, 10_000),
)
def test_regions_equal_the_dense_path(
    kind: str,
    scale: Fraction,
    spread: float,
    shape: tuple[int, int] | None,
    side: int,
    seed: int,
) -> None:
    native = _native(kind, seed, side)
    refine = _refine(2, spread) if scale > 1 else None
    shape = shape or (int(side * scale), int(side * scale))
    found = _filled(_tail(scale, refine), native, shape)
    _assert_same(found, _dense(native, shape, scale=scale, refine=refine))


def test_bone_of_a_large_image_costs_its_box_alone() -> None:
    native = np.full((1, 512, 512), -9, np.float32)
    native[0, 100:120, 200:230] = 5
    (region,) = _tail(4, _refine(1, 0.02)).regions(native, (2048, 2048))
    assert region.values.shape[0] <= 80 + 24 and region.values.shape[1] <= 120 + 24
    assert region.values[region.values.shape[0] // 2, region.values.shape[1] // 2] > 200


def test_probability_at_the_cut_is_kept_and_below_it_zero() -> None:
    # logit of 8/255 = ln(8/247) = -3.43, of 7/255 = ln(7/248) = -3.57
    native = np.full((1, 16, 16), -20, np.float32)
    native[0, 3, 3], native[0, 8, 8] = np.log(8 / 247), np.log(7 / 248)
    planes = _filled(_tail(1, None), native, (16, 16))
    assert planes[0, 3, 3] == 8
    assert planes.sum() == 8


def test_empty_classes_have_no_region_and_order_is_kept() -> None:
    native = np.full((3, 16, 16), -20, np.float32)
    native[[0, 2], 5, 5] = 4
    found = list(_tail(1, None).regions(native, (16, 16)))
    assert [region.class_id for region in found] == [0, 2]


def test_extreme_logits_are_certain() -> None:
    native = np.full((1, 16, 16), -1e30, np.float32)
    native[0, 4, 4] = 1e30
    planes = _filled(_tail(1, None), native, (16, 16))
    assert planes[0, 4, 4] == 255 and planes.sum() == 255


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_are_refused_with_the_bone(value: float) -> None:
    native = np.zeros((2, 16, 16), np.float32)
    native[1, 3, 3] = value
    with pytest.raises(BadInput, match=r"hand\.png: logits of finger-2 are not finite; give"):
        list(_tail(1, None).regions(native, (16, 16), name="hand.png"))
