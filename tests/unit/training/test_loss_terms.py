"""Each term costs what its formula says on numbers worked out by hand; so does its gradient."""

import math

import pytest
import torch
from torch import Tensor

from handseg.errors import BadInput
from handseg.models.network import HeadLogits
from handseg.settings_train import Loss
from handseg.training import loss_terms, losses, ms_ssim

ONE_IN_FOUR = torch.tensor([[[1, 0], [0, 0]]], dtype=torch.int32)


def _cost(logits: Tensor, field: Tensor, loss: Loss) -> float:
    return float(losses.deep_supervision([logits], field, loss))


def test_iou_of_half_sure_of_one_pixel_in_four() -> None:
    # p = 1/2 at 4 pixels, truth 1 at one: overlap 1/2, union 2 + 1 - 1/2 = 5/2,
    # 1 - (1/2 + 1) / (5/2 + 1) = 4/7
    assert _cost(torch.zeros(1, 1, 2, 2), ONE_IN_FOUR, "iou_bce") == pytest.approx(
        math.log(2) + 4 / 7
    )


def test_gradient_of_iou_by_hand() -> None:
    # ratio 3/7, union with smoothing 7/2; p (1 - p) (ratio (1 - t) - t) / union
    # off the bone 1/4 x 3/7 x 2/7 = 3/98, on it 1/4 x -1 x 2/7 = -1/14
    logits = torch.zeros(1, 1, 2, 2)
    planes = loss_terms.Planes(logits, logits.sigmoid(), (ONE_IN_FOUR == 1).float()[None])
    gradient = torch.zeros_like(logits)
    loss_terms.iou(planes, 1.0, gradient)
    expected = torch.tensor([[-1 / 14, 3 / 98], [3 / 98, 3 / 98]])
    torch.testing.assert_close(gradient[0, 0], expected)


def test_focal_of_half_sure_of_one_pixel_in_four() -> None:
    # (1 - p_t)**2 = 1/4 everywhere; alpha 1/4 at one pixel, 3/4 at three: mean 5/8
    found = _cost(torch.zeros(1, 1, 2, 2), ONE_IN_FOUR, "focal")
    assert found == pytest.approx(5 / 8 / 4 * math.log(2))


def test_focal_all_but_forgives_what_is_sure_and_right() -> None:
    # p = 9/10 at the bone: 1/4 x 1/100 x ln(10/9)
    found = _cost(torch.full((1, 1, 1, 1), math.log(9)), ONE_IN_FOUR[:, :1, :1], "focal")
    assert found == pytest.approx(0.25 * 0.01 * math.log(10 / 9))


@pytest.mark.parametrize("side", [11, 176])
def test_ms_ssim_of_even_planes_is_their_luminance(side: int) -> None:
    # Even planes vary nowhere: contrast and structure are C2 / C2 = 1 at every scale.
    # 1/2 against 1: luminance (2 x 1/2 + C1) / (1/4 + 1 + C1), to the power of all weights together
    found = ms_ssim.dissimilarity(
        torch.full((1, 1, side, side), 0.5, dtype=torch.float64),
        torch.ones(1, 1, side, side, dtype=torch.float64),
    )
    assert found.item() == pytest.approx(1 - (1.0001 / 1.2501) ** 1.0001)


def test_ms_ssim_of_equal_planes_costs_nothing() -> None:
    plane = (torch.rand(2, 3, 40, 40, dtype=torch.float64) > 0.5).double()
    assert ms_ssim.dissimilarity(plane, plane).abs().max() < 1e-12


def test_ms_ssim_of_opposite_planes_is_worst_and_finite() -> None:
    plane = (torch.rand(1, 1, 40, 40, dtype=torch.float64) > 0.5).double()
    assert 0.9 < ms_ssim.dissimilarity(plane, 1 - plane).item() <= 1


def test_ms_ssim_takes_the_scales_that_fit() -> None:
    # 11 px windows: 22 px hold two scales, 176 = 11 x 16 all five
    assert [ms_ssim.scale_count(side, 500) for side in (11, 21, 22, 88, 175, 176)] == [
        1, 1, 2, 4, 4, 5,
    ]  # fmt: skip


def test_ms_ssim_without_room_for_a_window_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match=r"11 px .* one has 8x8; take another loss, or a larger"):
        _cost(torch.zeros(1, 1, 8, 8), torch.zeros(1, 8, 8, dtype=torch.int32), "focal_msssim_iou")


@pytest.mark.parametrize("loss", loss_terms.TERMS)
def test_gradients_pass_the_numerical_check(loss: Loss) -> None:
    generator = torch.Generator().manual_seed(5)
    main, auxiliary = (
        torch.randn(1, 2, 3, 3, dtype=torch.float64, generator=generator, requires_grad=True)
        for _ in range(2)
    )
    coverage = torch.rand(1, 2, 12, 12, dtype=torch.float64, generator=generator)

    def supervise(first: Tensor, second: Tensor) -> Tensor:
        heads = [HeadLogits(first, (12, 12)), HeadLogits(second, (12, 12))]
        return losses.deep_supervision(heads, coverage, loss, weights=[2.0, 1.0])

    assert torch.autograd.gradcheck(supervise, (main, auxiliary))


@pytest.mark.parametrize("loss", loss_terms.TERMS)
def test_the_truth_costs_less_than_anything_else(loss: Loss) -> None:
    field = torch.randint(0, 4, (1, 24, 24), dtype=torch.int32)
    truth = torch.stack([(field >> c) & 1 for c in range(2)], dim=1).float()
    right = _cost(40 * truth - 20, field, loss)
    assert right == pytest.approx(0, abs=1e-4)
    assert _cost(20 - 40 * truth, field, loss) > _cost(torch.zeros_like(truth), field, loss) > 0.01
