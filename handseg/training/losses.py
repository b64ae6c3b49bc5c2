"""The loss over all heads, a few classes at a time; its terms are in `loss_terms`.

Every term is a sum over classes, so one pass gives a class block's loss and its gradient, and
neither enlarged logits nor probabilities outlive their block: memory does not grow with classes.
On GPUs `fused_loss` computes what it supports, and `loss_blocks` all else, to the same numbers.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from handseg.errors import BadInput
from handseg.models.network import HeadLogits
from handseg.settings_train import Loss
from handseg.training import fused_loss, loss_blocks, loss_terms
from handseg.training.loss_blocks import Head
from handseg.training.loss_terms import Term


def deep_supervision(
    outputs: Sequence[Tensor | HeadLogits],
    target: Tensor,
    loss: Loss = "bce_dice",
    weights: Sequence[float] = (),
    *,
    with_compiler: bool = False,
) -> Tensor:
    """Weighted mean of the loss over the heads.

    Args:
        outputs: logits of every head, (B, C, H, W) or not yet enlarged; the main one first.
        target: int (B, H, W), bit c set where class c is; or (B, C, H, W), the fraction of each
            pixel that the class covers, as float or as uint8 in 255ths. At the largest head's
            size; coarser heads are compared with its mean over their pixels.
        loss: a key of `loss_terms.TERMS`.
        weights: one for each head, 0 or more; none weighs them alike (five heads: a fifth each).
        with_compiler: on a GPU, let torch.compile join the elementwise kernels; not on a CPU.

    Returns:
        A float32 scalar (float64 if the logits are).

    Raises:
        BadInput: the target is no whole multiple of a head's size, there are not as many weights
            as heads, or a head is too small for MS-SSIM.
    """
    check_weights(weights, len(outputs))
    shares = [weight / sum(weights) for weight in weights] or [1 / len(outputs)] * len(outputs)
    terms = loss_terms.TERMS[loss]
    heads = [_describe(o, terms, share) for o, share in zip(outputs, shares, strict=True)]
    for head in heads:
        _check_target(head.output, target)
    parameters = [
        parameter
        for head in heads
        if head.output.refine is not None
        for parameter in head.output.refine.parameters()
    ]
    natives = [head.output.native for head in heads]
    found: Tensor = _Supervision.apply(  # type: ignore[no-untyped-call]
        heads, with_compiler, target, *natives, *parameters
    )
    return found


def check_weights(weights: Sequence[float], heads: int) -> None:
    """Refuse weights that are not one for each head.

    Raises:
        BadInput: another number of weights, and not none.
    """
    if weights and len(weights) != heads:
        raise BadInput(
            f"head_weights has {len(weights)} entries, the network {heads} heads: "
            "give one for each, or none"
        )


def bce(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy with logits: see `deep_supervision`."""
    return deep_supervision([logits], target, "bce")


def bce_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy plus one minus soft Dice: see `deep_supervision`."""
    return deep_supervision([logits], target, "bce_dice")


def _describe(output: Tensor | HeadLogits, terms: tuple[Term, ...], share: float) -> Head:
    if isinstance(output, Tensor):
        output = HeadLogits(output, (output.shape[-2], output.shape[-1]))
    images, classes = output.native.shape[:2]
    return Head(output, terms, share / (images * classes))


def _check_target(output: HeadLogits, target: Tensor) -> None:
    height, width = target.shape[-2:]
    if height % output.size[0] or width % output.size[1]:
        raise BadInput(
            f"target is {height}x{width}, a head's logits {output.size[0]}x{output.size[1]}: "
            "rasterise the target at model.output_px"
        )


class _Supervision(torch.autograd.Function):
    """Loss in forward, together with its gradient, which backward only scales."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, heads: list[Head], with_compiler: bool, target: Tensor, *tensors: Tensor
    ) -> Tensor:
        natives = tensors[: len(heads)]
        dtype = torch.float64 if natives[0].dtype == torch.float64 else torch.float32
        with torch.autocast(natives[0].device.type, enabled=False):
            if natives[0].is_cuda and fused_loss.supports(heads, natives):
                total, gradients = fused_loss.accumulate(
                    heads, target, natives, dtype=dtype, with_compiler=with_compiler
                )
            else:
                total, gradients = loss_blocks.accumulate(heads, target, natives, dtype=dtype)
        ctx.save_for_backward(*gradients)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, None, *(gradient * upstream for gradient in ctx.saved_tensors)
