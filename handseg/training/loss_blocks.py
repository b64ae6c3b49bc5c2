"""The loss a few classes at a time, in its plain form; its gradient with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from handseg.models.network import HeadLogits, enlarge
from handseg.training.loss_terms import Planes, Term

CPU_BLOCK = 2**18
"""Logits per block on a CPU: one block's six arrays stay in the second-level cache."""
GPU_BLOCK = 2**23
"""Logits per block on a GPU: enough to hide a kernel's launch."""


@dataclass(frozen=True)
class Head:
    """What of a head is not a tensor."""

    output: HeadLogits
    terms: tuple[Term, ...]
    weight: float
    """Of each plane: its share of the mean over heads, images and classes."""


def accumulate(
    heads: Sequence[Head], target: Tensor, natives: Sequence[Tensor], *, dtype: torch.dtype
) -> tuple[Tensor, list[Tensor]]:
    """Loss and gradients.

    Args:
        heads: the main one first.
        target: as `losses.deep_supervision` takes it.
        natives: each head's logits, (B, C, h, w).
        dtype: to compute in, float32 or float64.

    Returns:
        The loss, a scalar, and its gradients: on the natives, then on the parameters of each
        head's refinement.
    """
    # Classes first in memory: a block is then one piece, whatever the network's memory format.
    natives = [native.detach().contiguous() for native in natives]
    gradients = [torch.empty_like(native) for native in natives]
    by_parameter: list[list[Tensor]] = [[] for _ in heads]
    total = torch.zeros((), dtype=dtype, device=target.device)
    room = CPU_BLOCK if target.device.type == "cpu" else GPU_BLOCK
    for first, last in blocks(natives[0].shape[1], target, room):
        truth = expand(target, first, last, dtype=dtype)
        reduced = {(truth.shape[-2], truth.shape[-1]): truth}
        for index, head in enumerate(heads):
            size = head.output.size
            if size not in reduced:
                reduced[size] = reduce(truth, size)
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
    head: Head, native: Tensor, truth: Tensor, *, first: int
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Loss of some classes of one head, its gradient on the native logits and on the refinement."""
    output = head.output
    if output.size == native.shape[-2:] and output.refine is None:
        return *loss_and_gradient(native, truth, head.terms, head.weight), []
    parameters = [] if output.refine is None else list(output.refine.parameters())
    with torch.enable_grad():
        leaf = native.detach().contiguous().requires_grad_()
        logits = enlarge(leaf, output.size, refine=output.refine, first=first)
    part, gradient = loss_and_gradient(logits.detach(), truth, head.terms, head.weight)
    of_leaf, *of_parameters = torch.autograd.grad(logits, [leaf, *parameters], gradient)
    return part, of_leaf, of_parameters


def loss_and_gradient(
    logits: Tensor, truth: Tensor, terms: Sequence[Term], weight: float
) -> tuple[Tensor, Tensor]:
    """All terms of planes at the size at which they are trained: (B, n, H, W) each.

    Returns:
        The sum over planes times weight, a scalar; and its gradient on the logits.
    """
    planes = Planes(logits, torch.sigmoid(logits), truth)
    gradient = torch.zeros_like(logits)
    parts = [term(planes, weight, gradient) for term in terms]
    return torch.stack(parts).sum(), gradient


def blocks(classes: int, target: Tensor, room: int) -> list[tuple[int, int]]:
    """First and last (exclusive) class of each block with at most so many logits, or one class."""
    pixels = target.shape[0] * target.shape[-2] * target.shape[-1]
    step = min(classes, max(1, room // pixels))
    return [(first, min(first + step, classes)) for first in range(0, classes, step)]


def expand(target: Tensor, first: int, last: int, *, dtype: torch.dtype) -> Tensor:
    """Classes first to last (exclusive) of the target as (B, n, H, W), each in [0, 1]."""
    if target.ndim == 4:
        coverage = target[:, first:last].to(dtype).contiguous()
        return coverage / 255 if target.dtype == torch.uint8 else coverage
    shifts = torch.arange(first, last, dtype=target.dtype, device=target.device)
    return ((target.unsqueeze(1) >> shifts.view(1, -1, 1, 1)) & 1).to(dtype)


def reduce(truth: Tensor, size: tuple[int, int]) -> Tensor:
    """The mean over the pixels of a coarser grid."""
    kernel = (truth.shape[-2] // size[0], truth.shape[-1] // size[1])
    return F.avg_pool2d(truth, kernel)
