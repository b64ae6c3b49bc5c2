"""The matrix form of enlargement and refinement is the plain form's, at the frame as well."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from handseg.models.network import enlarge
from handseg.models.refine import Refine
from handseg.training import phases


def a_refinement(classes: int, seed: int) -> Refine:
    torch.manual_seed(seed)
    refine = Refine(classes).double()
    for parameter in refine.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return refine


def enlarged(native: Tensor, scale: int, refine: Refine | None) -> Tensor:
    matrix = phases.matrices(scale, refine, native.shape[1], native)
    reach = phases.radius(scale, refine)
    around = phases.neighbourhoods(native, reach, constant=refine is not None)
    return phases.product(matrix, around)


@given(
    images=st.integers(1, 2),
    classes=st.integers(1, 3),
    height=st.integers(2, 7),
    width=st.integers(2, 7),
    scale=st.integers(2, 6),
    refined=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_product_is_the_enlargement(
    images: int, classes: int, height: int, width: int, scale: int, refined: bool, seed: int
) -> None:
    refine = a_refinement(classes, seed) if refined else None
    generator = torch.Generator().manual_seed(seed)
    shape = (images, classes, height, width)
    native = torch.randn(shape, generator=generator, dtype=torch.float64)
    plain = enlarge(native, (height * scale, width * scale), refine=refine)
    torch.testing.assert_close(enlarged(native, scale, refine), phases.of_planes(plain, scale))


def test_one_cell_is_enlarged_without_a_refinement() -> None:
    native = torch.tensor([[[[2.5]]]])
    assert torch.equal(enlarged(native, 3, None), torch.full((1, 1, 9, 1, 1), 2.5))


def test_the_adjoint_is_the_transpose_of_the_product() -> None:
    # <product(m, x), y> is linear in m and in x: both gradients give it back
    refine = a_refinement(2, 1)
    native = torch.randn(2, 2, 4, 3, dtype=torch.float64)
    matrix = phases.matrices(4, refine, 2, native).detach()
    around = phases.neighbourhoods(native, 1, constant=True)
    upstream = torch.randn(2, 2, 16, 4, 3, dtype=torch.float64)
    of_matrix, of_around = phases.adjoint(matrix, around, upstream)
    expected = (phases.product(matrix, around) * upstream).sum()
    torch.testing.assert_close((of_matrix * matrix).sum(), expected)
    torch.testing.assert_close((of_around * around).sum(), expected)


def test_a_pixel_goes_to_its_phase_of_its_cell() -> None:
    # Row 2, column 5 of 4 x 6 at scale 2: phase 0 * 2 + 1 of cell (1, 2)
    planes = torch.zeros(1, 1, 4, 6, dtype=torch.int32)
    planes[0, 0, 2, 5] = 7
    found = phases.of_planes(planes, 2)
    assert found.shape == (1, 1, 4, 2, 3) and found.is_contiguous()
    assert found[0, 0, 1, 1, 2] == 7 and found.sum() == 7


@pytest.mark.parametrize(
    ("native", "size", "refined", "scale"),
    [
        ((8, 8), (32, 32), True, 4),
        ((8, 8), (8, 8), False, 1),
        ((8, 8), (12, 12), False, None),  # by one and a half
        ((8, 4), (16, 16), False, None),  # by 2 and by 4
        ((1, 8), (4, 32), True, None),  # the only row of cells is the first and the last
        ((8, 8), (8, 8), True, None),  # the frame of 2 pixels is wider than a cell
    ],
)
def test_what_has_this_form(
    native: tuple[int, int], size: tuple[int, int], refined: bool, scale: int | None
) -> None:
    assert phases.scale_of(native, size, Refine(1) if refined else None) == scale
