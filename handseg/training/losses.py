"""The loss over all heads, a few classes at a time; its terms are in `loss_terms`.

Every term is a sum over classes, so one pass gives a class block's loss and its gradient, and
neither enlarged logits nor probabilities outlive their block: memory does not grow with classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from handseg.errors import BadInput
from handseg.models.network import HeadLogits, enlarge
from handseg.settings_train import Loss
from handseg.training import loss_terms
from handseg.training.loss_terms import Planes, Term

_CPU_BLOCK = 2**18
"""Logits per block on a CPU: one block's six arrays stay in the second-level cache."""
_GPU_BLOCK = 2**23
"""Logits per block on a GPU: enough to hide a kernel's launch."""


@dataclass(frozen=True)
class _Head:
    """What of a head is not a tensor."""

    output: HeadLogits
    terms: tuple[Term, ...]
    weight: float
    """Of each plane: its share of the mean over heads, images and classes."""


def deep_supervision(
    outputs: Sequence[Tensor | HeadLogits],
    target: Tensor,
    loss: Loss = "bce_dice",
    weights: Sequence[float] = (),
) -> Tensor:
    """Weighted mean of the loss over the heads.

    Args:
        outputs: logits of every head, (B, C, H, W) or not yet enlarged; the main one first.
        target: int (B, H, W), bit c set where class c is; or (B, C, H, W), the fraction of each
            pixel that the class covers, as float or as uint8 in 255ths. At the largest head's
            size; coarser heads are compared with its mean over their pixels.
        loss: a key of `loss_terms.TERMS`.
        weights: one for each head, 0 or more; none weighs them alike (five heads: a fifth each).

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
        heads, target, *natives, *parameters
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


def _describe(output: Tensor | HeadLogits, terms: tuple[Term, ...], share: float) -> _Head:
    if isinstance(output, Tensor):
        output = HeadLogits(output, (output.shape[-2], output.shape[-1]))
    images, classes = output.native.shape[:2]
    return _Head(output, terms, share / (images * classes))


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
    def forward(ctx: FunctionCtx, heads: list[_Head], target: Tensor, *tensors: Tensor) -> Tensor:
        natives = tensors[: len(heads)]
        dtype = torch.float64 if natives[0].dtype == torch.float64 else torch.float32
        with torch.autocast(natives[0].device.type, enabled=False):
            total, gradients = _accumulate(heads, target, natives, dtype=dtype)
        ctx.save_for_backward(*gradients)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, *(gradient * upstream for gradient in ctx.saved_tensors)


def _accumulate(
    heads: list[_Head], target: Tensor, natives: Sequence[Tensor], *, dtype: torch.dtype
) -> tuple[Tensor, list[Tensor]]:
    # Classes first in memory: a block is then one piece, whatever the network's memory format.
    natives = [native.detach().contiguous() for native in natives]
    gradients = [torch.empty_like(native) for native in natives]
    by_parameter: list[list[Tensor]] = [[] for _ in heads]
    total = torch.zeros((), dtype=dtype, device=target.device)
    for first, last in _blocks(natives[0].shape[1], target):
        truth = _expand(target, first, last, dtype=dtype)
        reduced = {(truth.shape[-2], truth.shape[-1]): truth}
        for index, head in enumerate(heads):
            size = head.output.size
            if size not in reduced:
                reduced[size] = _reduce(truth, size)
            part, gradient, of_parameters = _one_block(
                head, natives[index][:, first:last].to(dtype), reduced[size], first=first
            )
            total += part
            gradients[index][:, first:last] = gradient
            if by_parameter[index]:
                for kept, new in zip(by_parameter[index], of_parameters, strict=True):
                    kept += new
            else:
                by_parameter[index] = of_parameters
    return total, [*gradients, *(found for head in by_parameter for found in head)]


def _one_block(
    head: _Head, native: Tensor, truth: Tensor, *, first: int
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Loss of some classes of one head, its gradient on the native logits and on the refinement."""
    output = head.output
    if output.size == native.shape[-2:] and output.refine is None:
        return *_loss_and_gradient(native, truth, head), []
    parameters = [] if output.refine is None else list(output.refine.parameters())
    with torch.enable_grad():
        leaf = native.detach().contiguous().requires_grad_()
        logits = enlarge(leaf, output.size, refine=output.refine, first=first)
    part, gradient = _loss_and_gradient(logits.detach(), truth, head)
    of_leaf, *of_parameters = torch.autograd.grad(logits, [leaf, *parameters], gradient)
    return part, of_leaf, of_parameters


def _loss_and_gradient(logits: Tensor, truth: Tensor, head: _Head) -> tuple[Tensor, Tensor]:
    planes = Planes(logits, torch.sigmoid(logits), truth)
    gradient = torch.zeros_like(logits)
    parts = [term(planes, head.weight, gradient) for term in head.terms]
    return torch.stack(parts).sum(), gradient


def _blocks(classes: int, target: Tensor) -> list[tuple[int, int]]:
    pixels = target.shape[0] * target.shape[-2] * target.shape[-1]
    room = _CPU_BLOCK if target.device.type == "cpu" else _GPU_BLOCK
    step = min(classes, max(1, room // pixels))
    return [(first, min(first + step, classes)) for first in range(0, classes, step)]


def _expand(target: Tensor, first: int, last: int, *, dtype: torch.dtype) -> Tensor:
    """Classes first to last (exclusive) of the target as (B, n, H, W)."""
    if target.ndim == 4:
        coverage = target[:, first:last].to(dtype).contiguous()
        return coverage / 255 if target.dtype == torch.uint8 else coverage
    shifts = torch.arange(first, last, dtype=target.dtype, device=target.device)
    return ((target.unsqueeze(1) >> shifts.view(1, -1, 1, 1)) & 1).to(dtype)


def _reduce(truth: Tensor, size: tuple[int, int]) -> Tensor:
    kernel = (truth.shape[-2] // size[0], truth.shape[-1] // size[1])
    return F.avg_pool2d(truth, kernel)
