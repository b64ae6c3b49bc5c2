"""One box enlarged alone equals the same box of the whole plane enlarged by torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.inference import regions
from handseg.masks.polygons import Box

SIDES = st.tuples(st.integers(1, 20), st.integers(1, 20))
TARGETS = st.tuples(st.integers(1, 70), st.integers(1, 70))


def _plane(shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, 10, shape).astype(np.float32)


def _by_torch(plane: NDArray[np.float32], target: tuple[int, int]) -> NDArray[np.float32]:
    # In float64: torch's float32 positions are off by 1e-4 px where the ratio is no power of two.
    whole = torch.from_numpy(plane)[None, None].double()
    found = F.interpolate(whole, size=target, mode="bilinear", align_corners=False)
    return found[0, 0].numpy().astype(np.float32)


@st.composite
def _boxes(draw: st.DrawFn, shape: tuple[int, int]) -> Box:
    top = draw(st.integers(0, shape[0] - 1))
    left = draw(st.integers(0, shape[1] - 1))
    bottom = draw(st.integers(top + 1, shape[0]))
    return Box(top, left, bottom, draw(st.integers(left + 1, shape[1])))


def test_two_pixels_become_four_by_hand() -> None:
    # Half-pixel centres: targets lie at -1/4 (clamped to 0), 1/4, 3/4 and 5/4 (clamped to 1).
    plane = np.array([[0.0, 8.0]], np.float32)
    found = regions.bilinear(
        plane, Box(0, 0, 1, 2), source=(1, 2), target=(1, 4), box=Box(0, 0, 1, 4)
    )
    assert found.tolist() == [[0.0, 2.0, 6.0, 8.0]]


@settings(max_examples=80, deadline=None)
@given(SIDES, TARGETS, st.data())
def test_box_alone_equals_torch(
    source: tuple[int, int], target: tuple[int, int], data: st.DataObject
) -> None:
    plane, box = _plane(source), data.draw(_boxes(target))
    held = regions.support(box, source, target)
    found = regions.bilinear(
        plane[regions.slices(held)], held, source=source, target=target, box=box
    )
    np.testing.assert_allclose(found, _by_torch(plane, target)[regions.slices(box)], atol=1e-5)


@settings(max_examples=80, deadline=None)
@given(SIDES, TARGETS, st.data())
def test_nothing_outside_the_reach_depends_on_the_box(
    source: tuple[int, int], target: tuple[int, int], data: st.DataObject
) -> None:
    box = data.draw(_boxes(source))
    plane = np.zeros(source, np.float32)
    plane[regions.slices(box)] = 1
    found = _by_torch(plane, target)
    found[regions.slices(regions.reach(box, source, target))] = 0
    assert not found.any()


@pytest.mark.parametrize("margin", [0, 1, 9])
def test_grown_box_stays_in_the_plane_and_finds_itself(margin: int) -> None:
    box = Box(top=1, left=4, bottom=3, right=5)
    grown = regions.grow(box, margin, (6, 7))
    plane = np.arange(42).reshape(6, 7)
    held = plane[regions.slices(grown)]
    assert np.array_equal(held[regions.within(box, grown)], plane[regions.slices(box)])


@given(boxes=st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 12)] * 2), max_size=8))
def test_merged_boxes_hold_the_same_pixels_and_share_none(
    boxes: list[tuple[int, int, int, int]],
) -> None:
    given_boxes = [Box(top, left, top + h, left + w) for top, left, h, w in boxes]
    merged = regions.merge(given_boxes)
    times = np.zeros((50, 50), int)
    for box in merged:
        times[regions.slices(box)] += 1
    assert times.max(initial=0) <= 1
    assert all((times[regions.slices(box)] == 1).all() for box in given_boxes)
    assert len(merged) <= len(given_boxes)
