"""The form for GPUs gives the plain form's loss and gradients: on the CPU too, and compiled."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from handseg.models.network import HeadLogits
from handseg.models.refine import Refine
from handseg.settings_train import Loss
from handseg.training import fused_loss, loss_blocks, loss_terms, losses
from handseg.training.loss_blocks import Head

LOSSES: tuple[Loss, ...] = ("bce", "bce_dice", "iou_bce", "focal")
CLASSES = 3


def some_heads(
    *, side: int, scales: list[int], refined: bool, images: int = 2, seed: int = 0
) -> list[HeadLogits]:
    """The main head at `side` cells, each other at half of the one before, all of one size."""
    torch.manual_seed(seed)
    refine = Refine(CLASSES) if refined else None
    for parameter in refine.parameters() if refine else []:
        torch.nn.init.normal_(parameter, std=0.5)
    return [
        HeadLogits(
            2 * torch.randn(images, CLASSES, side // 2**level, side // 2**level),
            (side // 2**level * scale,) * 2,
            None if level else refine,
        )
        for level, scale in enumerate(scales)
    ]


def a_target(side: int, *, kind: str, images: int = 2) -> Tensor:
    """Blots that reach the frame."""
    shape = (images, CLASSES, side, side)
    coarse = torch.rand(images, CLASSES, 3, 3)
    blots = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    if kind == "coverage":
        return (blots * 255).to(torch.uint8)
    bits = torch.tensor([1, 2, 4]).view(1, -1, 1, 1).expand(shape)
    return ((blots > 0.5) * bits).sum(1).to(torch.int32)


def described(heads: list[HeadLogits], loss: Loss) -> list[Head]:
    shares = [0.5, 0.3, 0.2][: len(heads)]
    terms = loss_terms.TERMS[loss]
    return [
        Head(h, terms, s / h.native[:, :, 0, 0].numel()) for h, s in zip(heads, shares, strict=True)
    ]


def same(heads: list[HeadLogits], target: Tensor, loss: Loss, *, with_compiler: bool) -> None:
    found_heads, natives = described(heads, loss), [head.native for head in heads]
    assert fused_loss.supports(found_heads, natives)
    plain, gradients = loss_blocks.accumulate(found_heads, target, natives, dtype=torch.float32)
    fused, others = fused_loss.accumulate(
        found_heads, target, natives, dtype=torch.float32, with_compiler=with_compiler
    )
    torch.testing.assert_close(fused, plain, rtol=1e-5, atol=1e-6)
    assert len(gradients) == len(others)
    for expected, found in zip(gradients, others, strict=True):
        scale = float(expected.abs().max())
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 * scale)


@settings(max_examples=40)
@given(
    loss=st.sampled_from(LOSSES),
    kind=st.sampled_from(["bitfield", "coverage"]),
    refined=st.booleans(),
    side=st.sampled_from([4, 8, 12]),
    scale=st.sampled_from([2, 3, 4]),
    auxiliary=st.integers(0, 2),
    images=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_every_loss_of_any_heads_is_the_plain_one(
    loss: Loss,
    kind: str,
    refined: bool,
    side: int,
    scale: int,
    auxiliary: int,
    images: int,
    seed: int,
) -> None:
    scales = [scale, 2 * scale, 4 * scale][: auxiliary + 1]
    heads = some_heads(side=side, scales=scales, refined=refined, images=images, seed=seed)
    same(heads, a_target(side * scale, kind=kind, images=images), loss, with_compiler=False)


def test_coarser_heads_see_the_mean_of_the_target() -> None:
    heads = some_heads(side=8, scales=[4, 4, 2], refined=True)
    same(heads, a_target(32, kind="bitfield"), "bce_dice", with_compiler=False)


def test_heads_at_their_own_size_are_not_enlarged() -> None:
    heads = some_heads(side=8, scales=[1, 2], refined=False)
    same(heads, a_target(8, kind="bitfield"), "bce_dice", with_compiler=False)


def test_blocks_of_classes_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused_loss, "_BLOCK", 2 * 2 * 32 * 32)  # two classes, then one
    heads = some_heads(side=8, scales=[4, 8], refined=True)
    same(heads, a_target(32, kind="bitfield"), "bce_dice", with_compiler=False)


def test_ms_ssim_and_broken_scales_go_the_plain_way() -> None:
    (whole,) = some_heads(side=8, scales=[4], refined=True)
    broken = HeadLogits(whole.native, (12, 12), whole.refine)
    for head, loss in ((whole, "focal_msssim_iou"), (broken, "bce_dice")):
        (one,) = described([head], loss)  # type: ignore[arg-type]
        assert not fused_loss.supports([one], [head.native])


@pytest.mark.compiler
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused_loss, "_BLOCK", 2 * 2 * 32 * 32)
    heads = some_heads(side=8, scales=[4, 8, 8], refined=True)
    for kind in ("bitfield", "coverage"):
        same(heads, a_target(32, kind=kind), "bce_dice", with_compiler=True)


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("with_compiler", [False, True])
def test_on_a_gpu_the_loss_is_that_of_the_cpu(with_compiler: bool) -> None:
    heads = some_heads(side=32, scales=[4, 8, 16], refined=True)
    target = a_target(128, kind="bitfield")
    results = []
    for device in ("cpu", "cuda"):
        refine = None if heads[0].refine is None else Refine(CLASSES).to(device)
        assert refine is not None and heads[0].refine is not None
        refine.load_state_dict(heads[0].refine.state_dict())
        natives = [head.native.to(device).requires_grad_() for head in heads]
        moved = [
            HeadLogits(native, head.size, None if level else refine)
            for level, (native, head) in enumerate(zip(natives, heads, strict=True))
        ]
        found = losses.deep_supervision(moved, target.to(device), with_compiler=with_compiler)
        gradients = torch.autograd.grad(found, [*natives, *refine.parameters()])
        results.append([found.detach().cpu(), *(gradient.cpu() for gradient in gradients)])
    for expected, other in zip(*results, strict=True):
        scale = float(expected.abs().max())
        torch.testing.assert_close(other, expected, rtol=0, atol=1e-4 * scale)
