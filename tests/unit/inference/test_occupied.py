"""Outside its boxes no logit of the whole output reaches the least: at any scale, at the frame."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from handseg.inference import occupied, refinement, regions
from handseg.models.refine import Refine

SIDES = st.integers(4, 40)
SCALES = st.floats(1.0, 4.5)
SPREADS = st.sampled_from([None, 0.05, 0.3, 1.0])


def _refine(spread: float, seed: int) -> Refine:
    torch.manual_seed(seed)
    refine = Refine(1)
    for parameter in refine.parameters():
        torch.nn.init.normal_(parameter, std=spread)
    return refine


@torch.no_grad()
def _dense(
    native: NDArray[np.float32], output: tuple[int, int], refine: Refine | None
) -> NDArray[np.float64]:
    # In float64: the bound is on the exact value.
    whole = torch.from_numpy(native)[None, None].double()
    whole = F.interpolate(whole, size=output, mode="bilinear", align_corners=False)
    if refine is not None:
        whole = refine.double().classes(whole, 0)
    return np.asarray(whole[0, 0].numpy(), np.float64)


def _native(kind: str, shape: tuple[int, int], seed: int) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    if kind == "extremes":
        return random.choice([-9.0, 6.0], shape).astype(np.float32)
    native = random.normal(-8, 1, shape).astype(np.float32)
    if kind == "frame":
        native[0, random.integers(shape[1])] = native[random.integers(shape[0]), -1] = 7
        native[-1, 0] = -30  # a negative weight makes much of it
    else:
        native[random.integers(shape[0]), random.integers(shape[1])] = 7
    return native


@settings(max_examples=150)
@example("stray", (4, 15), (2.0, 1.0), None, 0.5, 0)  # one side enlarged, the other not
@given(
    st.sampled_from(["extremes", "frame", "stray"]),
    st.tuples(SIDES, SIDES),
    st.tuples(SCALES, SCALES),
    SPREADS,
    st.floats(0, 1),
    st.integers(0, 10_000),
)
def test_what_reaches_the_least_lies_in_a_box(
    kind: str,
    shape: tuple[int, int],
    scales: tuple[float, float],
    spread: float | None,
    height: float,
    seed: int,
) -> None:
    native = _native(kind, shape, seed)
    output = max(8, round(shape[0] * scales[0])), max(8, round(shape[1] * scales[1]))
    refine = None if spread is None else _refine(spread, seed)
    single = None if refine is None else refinement.of_classes(refine)[0]
    dense = _dense(native, output, refine)
    least = float(dense.min() + height * (dense.max() - dense.min()))
    outside = np.ones(output, bool)
    for box in occupied.boxes(native, least, output=output, refinement=single):
        outside[regions.slices(box)] = False
    assert (dense[outside] < least).all()


def test_a_pixel_in_the_corner_of_a_non_integer_scale_by_hand() -> None:
    # 16 cells become 40 pixels: the corner's cell reaches pixel 2 = floor(5 / 2), and pixel 3 reads
    # it with weight 1 - ((3.5 / 2.5 - 0.5) - 0) = 0.1.
    native = np.full((16, 16), -20, np.float32)
    native[0, 0] = 20
    (box,) = occupied.boxes(native, -17.0, output=(40, 40), refinement=None)
    assert (box.top, box.left) == (0, 0)
    assert min(box.bottom, box.right) >= 4 and max(box.bottom, box.right) <= 8
