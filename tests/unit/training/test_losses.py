"""The loss equals its formula and its gradient the formula's, at every size and number of heads."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from handseg.errors import BadInput
from handseg.models.network import HeadLogits
from handseg.models.refine import Refine
from handseg.settings_train import Loss
from handseg.training import loss_blocks, losses


def _logits(*shape: int, seed: int = 0) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (2 * values).requires_grad_()


def _field(classes: int, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(7)
    return torch.randint(0, 2**classes, shape, generator=generator, dtype=torch.int32)


def _planes(field: Tensor, classes: int) -> Tensor:
    return torch.stack([(field >> c) & 1 for c in range(classes)], dim=1).double()


def _formula(logits: Tensor, truth: Tensor, loss: str) -> Tensor:
    entropy = F.binary_cross_entropy_with_logits(logits, truth)
    p = logits.sigmoid()
    ratio = (2 * (p * truth).sum((2, 3)) + 1) / (p.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return entropy + (1 - ratio).mean() if loss == "bce_dice" else entropy


def test_undecided_logits_cost_ln_2() -> None:
    logits = torch.zeros(1, 2, 2, 2)
    assert losses.bce(logits, torch.tensor([[[1, 0], [2, 3]]])).item() == pytest.approx(math.log(2))


def test_half_sure_of_one_pixel_in_four() -> None:
    # p = 1/2 at 4 pixels, truth 1 at one: (2 1/2 + 1) / (2 + 1 + 1) = 1/2, so ln 2 + 1 - 1/2
    found = losses.bce_dice(torch.zeros(1, 1, 2, 2), torch.tensor([[[1, 0], [0, 0]]]))
    assert found.item() == pytest.approx(math.log(2) + 0.5)


def test_gradient_of_half_sure_by_hand() -> None:
    # BCE: (p - t) / 4 = -1/8 on the bone, 1/8 off it.
    # Dice: p (1 - p) (ratio / size - 2 t / size) = 1/4 (1/8 - 2 t / 4),
    # so -3/32 on the bone and 1/32 off it.
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    torch.autograd.backward(losses.bce_dice(logits, torch.tensor([[[1, 0], [0, 0]]])))
    assert logits.grad is not None
    expected = torch.tensor([[-1 / 8 - 3 / 32, 1 / 8 + 1 / 32], [1 / 8 + 1 / 32] * 2])
    torch.testing.assert_close(logits.grad[0, 0], expected)


def test_empty_class_predicted_empty_costs_nothing() -> None:
    logits = torch.full((1, 1, 4, 4), -40.0)
    found = losses.bce_dice(logits, torch.zeros(1, 4, 4, dtype=torch.int32))
    assert found.item() == pytest.approx(0.0, abs=1e-6)


def test_certainly_wrong_logits_stay_finite() -> None:
    logits = torch.full((1, 1, 2, 2), 1e4, requires_grad=True)
    found = losses.bce(logits, torch.zeros(1, 2, 2, dtype=torch.int32))
    torch.autograd.backward(found)
    assert found.item() == pytest.approx(1e4)
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("loss", ["bce", "bce_dice"])
def test_loss_and_gradient_equal_the_formula(loss: Loss) -> None:
    ours, formula = _logits(2, 5, 6, 8), _logits(2, 5, 6, 8)
    field = _field(5, 2, 6, 8)
    found = losses.deep_supervision([ours], field, loss)
    expected = _formula(formula, _planes(field, 5), loss)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(3 * found, ours), torch.autograd.grad(3 * expected, formula)
    )


def test_head_weights_make_a_weighted_mean() -> None:
    main, auxiliary = _logits(1, 3, 8, 8), _logits(1, 3, 4, 4, seed=1)
    field = _field(3, 1, 8, 8)
    each = [losses.deep_supervision([head], field) for head in (main, auxiliary)]
    # weights of 3 and 1 are shares of 3/4 and 1/4
    found = losses.deep_supervision([main, auxiliary], field, weights=[3.0, 1.0])
    torch.testing.assert_close(found, (3 * each[0] + each[1]) / 4)
    torch.testing.assert_close(
        losses.deep_supervision([main, auxiliary], field, weights=[2.0, 0.0]), each[0]
    )


def test_another_number_of_weights_than_of_heads_is_refused() -> None:
    with pytest.raises(BadInput, match="head_weights has 3 entries, the network 1 heads"):
        losses.deep_supervision([_logits(1, 2, 4, 4)], _field(2, 1, 4, 4), weights=[1.0, 1.0, 1.0])


def test_heads_weigh_the_same_and_coarse_ones_see_the_area_mean() -> None:
    natives = [_logits(2, 3, 8 // k, 8 // k, seed=k) for k in (1, 2, 4)]
    field = _field(3, 2, 8, 8)
    truths = [F.avg_pool2d(_planes(field, 3), k) for k in (1, 2, 4)]
    expected = sum(_formula(n, t, "bce_dice") for n, t in zip(natives, truths, strict=True))
    assert isinstance(expected, Tensor)
    torch.testing.assert_close(losses.deep_supervision(natives, field), expected / 3)


def _enlarged() -> tuple[list[HeadLogits], list[Tensor]]:
    torch.manual_seed(3)
    refine = Refine(3).double()
    for parameter in refine.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    main, auxiliary = _logits(2, 3, 4, 4, seed=1), _logits(2, 3, 2, 2, seed=2)
    heads = [HeadLogits(main, (8, 8), refine), HeadLogits(auxiliary, (8, 8))]
    return heads, [main, auxiliary, *refine.parameters()]


def test_enlargement_inside_the_loss_equals_enlargement_before_it() -> None:
    heads, leaves = _enlarged()
    field = _field(3, 2, 8, 8)
    found = losses.deep_supervision(heads, field)
    truth = _planes(field, 3)
    each = [_formula(head.logits(), truth, "bce_dice") for head in heads]
    expected = (each[0] + each[1]) / 2
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves)
    )


def test_blocks_of_classes_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    heads, leaves = _enlarged()
    field = _field(3, 2, 8, 8)
    whole = losses.deep_supervision(heads, field)
    monkeypatch.setattr(loss_blocks, "CPU_BLOCK", 1)
    one_by_one = losses.deep_supervision(heads, field)
    torch.testing.assert_close(one_by_one, whole)
    torch.testing.assert_close(
        torch.autograd.grad(one_by_one, leaves), torch.autograd.grad(whole, leaves)
    )


def test_gradient_passes_the_numerical_check() -> None:
    main, auxiliary = _logits(1, 2, 3, 3), _logits(1, 2, 3, 3, seed=1)
    coverage = torch.rand(1, 2, 6, 6, dtype=torch.float64)

    def supervise(first: Tensor, second: Tensor) -> Tensor:
        heads = [HeadLogits(first, (6, 6)), HeadLogits(second, (3, 3))]
        return losses.deep_supervision(heads, coverage)

    assert torch.autograd.gradcheck(supervise, (main, auxiliary))


def test_bit_field_and_its_coverage_cost_the_same() -> None:
    logits, field = _logits(2, 29, 4, 4), _field(29, 2, 4, 4)
    coverage = _planes(field, 29).float()
    torch.testing.assert_close(losses.bce_dice(logits, coverage), losses.bce_dice(logits, field))


def test_coverage_in_255ths_is_coverage() -> None:
    logits = _logits(2, 3, 4, 4)
    levels = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8)
    torch.testing.assert_close(
        losses.bce_dice(logits, levels), losses.bce_dice(logits, levels.double() / 255)
    )


def test_bf16_logits_are_computed_in_float32() -> None:
    rounded = _logits(2, 3, 8, 8).detach().bfloat16()
    half = rounded.clone().requires_grad_()
    single = rounded.float().requires_grad_()
    field = _field(3, 2, 8, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = losses.bce_dice(half, field)
    expected = losses.bce_dice(single, field)
    assert found.dtype == torch.float32 and found.item() == expected.item()
    torch.autograd.backward(found)
    torch.autograd.backward(expected)
    assert half.grad is not None and single.grad is not None
    assert torch.equal(half.grad, single.grad.bfloat16())


def test_memory_format_changes_nothing() -> None:
    logits, field = _logits(2, 3, 8, 8), _field(3, 2, 8, 8)
    last = logits.detach().to(memory_format=torch.channels_last).requires_grad_()
    assert losses.bce_dice(last, field).item() == losses.bce_dice(logits, field).item()


def test_target_of_another_size_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match="target is 6x6, .* logits 4x4: rasterise the target at"):
        losses.bce_dice(torch.zeros(1, 2, 4, 4), torch.zeros(1, 6, 6, dtype=torch.int32))
