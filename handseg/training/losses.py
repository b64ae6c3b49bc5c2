"""BCE and BCE + Dice over all heads, a few classes at a time.

    BCE   mean over images, classes and pixels of softplus(z) - z t
    Dice  1 - mean over images and classes of (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)

with p = sigmoid(z).

Both are sums over classes, so one pass gives a class block's loss and its gradient, and neither
enlarged logits nor probabilities outlive their block: memory does not grow with the classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from handseg.errors import BadInput
from handseg.models.network import HeadLogits, enlarge

Loss = Literal["bce", "bce_dice", "iou_bce", "focal", "focal_msssim_iou"]

SMOOTH = 1.0
"""Pixels added to both sides of the soft Dice ratio; keeps an empty class finite."""

_CPU_BLOCK = 2**18
"""Logits per block on a CPU: one block's six arrays stay in the second-level cache."""
_GPU_BLOCK = 2**23
"""Logits per block on a GPU: enough to hide a kernel's launch."""


@dataclass(frozen=True)
class _Head:
    """What of a head is not a tensor."""

    output: HeadLogits
    bce_weight: float
    dice_weight: float


def deep_supervision(
    outputs: Sequence[Tensor | HeadLogits], target: Tensor, loss: Loss = "bce_dice"
) -> Tensor:
    """Mean of the loss over the heads, all with the same weight (five heads: a fifth each).

    Args:
        outputs: logits of every head, (B, C, H, W) or not yet enlarged; the main one first.
        target: int (B, H, W), bit c set where class c is; or (B, C, H, W), the fraction of each
            pixel that the class covers, as float or as uint8 in 255ths. At the largest head's
            size; coarser heads are compared with its mean over their pixels.
        loss: bce, or bce plus one minus soft Dice.

    Returns:
        A float32 scalar (float64 if the logits are).

    Raises:
        BadInput: the target is no whole multiple of a head's size.
    """
    heads = [_describe(output, len(outputs), loss) for output in outputs]
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


def bce(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy with logits: see `deep_supervision`."""
    return deep_supervision([logits], target, "bce")


def bce_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy plus one minus soft Dice: see `deep_supervision`."""
    return deep_supervision([logits], target, "bce_dice")


def _describe(output: Tensor | HeadLogits, count: int, loss: Loss) -> _Head:
    if isinstance(output, Tensor):
        output = HeadLogits(output, (output.shape[-2], output.shape[-1]))
    images, classes = output.native.shape[:2]
    height, width = output.size
    dice = 1.0 / (count * images * classes) if loss == "bce_dice" else 0.0
    return _Head(output, 1.0 / (count * images * classes * height * width), dice)


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
    probabilities = torch.sigmoid(logits)
    part = (F.softplus(logits).sum() - (logits * truth).sum()) * head.bce_weight
    gradient = (probabilities - truth).mul_(head.bce_weight)
    if head.dice_weight:
        overlap = (probabilities * truth).sum((2, 3), keepdim=True)
        size = (probabilities + truth).sum((2, 3), keepdim=True) + SMOOTH
        ratio = (2 * overlap + SMOOTH) / size
        part = part + (1 - ratio).sum() * head.dice_weight
        # d(1 - ratio)/dp = ratio / size - 2 t / size
        slope = torch.addcmul(ratio / size * head.dice_weight, truth, -2 * head.dice_weight / size)
        gradient += torch.ops.aten.sigmoid_backward(slope, probabilities)
    return part, gradient


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
