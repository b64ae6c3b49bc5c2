"""The loss in the form chosen on GPUs: few kernels, no enlarged array beyond a block's two.

Enlargement and both grouped convolutions are one matrix product (`phases`), and their gradient two:
no gather, no scattered addition, no convolution of one channel. What is between, sigmoid, terms,
sums and gradient, is the plain form's own code; compiled, it is joined to a kernel or two for the
sums and one for the gradient, and bit fields are expanded as they are read.
"""

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from handseg.inference import compiled
from handseg.training import loss_blocks, loss_terms, phases
from handseg.training.loss_blocks import Head
from handseg.training.loss_terms import Term

_BLOCK = 2**24
"""Logits per block: of one image at 2048 four classes, 67 MB of logits and as much of gradient."""
_TERMS = {loss_terms.bce, loss_terms.dice, loss_terms.iou, loss_terms.focal}
"""MS-SSIM is derived by torch, over windows of the planes as they lie."""
_SHAPES = 256
"""Room for every head's size x two lengths of block x the sizes of a training."""

Cost = Callable[[Tensor, Tensor, Tensor | None, float], tuple[Tensor, Tensor]]


def supports(heads: Sequence[Head], natives: Sequence[Tensor]) -> bool:
    """Whether the fused form computes this loss; other terms and scales go the plain way."""
    return all(
        _TERMS.issuperset(head.terms) and _scale(head, native) is not None
        for head, native in zip(heads, natives, strict=True)
    )


def accumulate(
    heads: Sequence[Head],
    target: Tensor,
    natives: Sequence[Tensor],
    *,
    dtype: torch.dtype,
    with_compiler: bool,
) -> tuple[Tensor, list[Tensor]]:
    """Loss and gradients, as `loss_blocks.accumulate` gives them; `supports` must hold."""
    natives = [native.detach().contiguous() for native in natives]
    parts = [_Part(head, native, dtype) for head, native in zip(heads, natives, strict=True)]
    cost = _compiled_cost(heads[0].terms) if with_compiler else _cost(heads[0].terms)
    truth = _Truth(target, dtype)
    total = torch.zeros((), dtype=dtype, device=target.device)
    for first, last in loss_blocks.blocks(natives[0].shape[1], target, _BLOCK):
        for part in parts:
            planes, shifts = truth.block(first, last, part.size, part.scale)
            total += part.add_block(first, last, planes, shifts, cost)
        truth.forget()
    of_parameters = [gradient for part in parts for gradient in part.of_parameters()]
    return total, [*(part.gradient for part in parts), *of_parameters]


class _Part:
    """One head: its matrices, and its gradients as blocks add to them."""

    def __init__(self, head: Head, native: Tensor, dtype: torch.dtype) -> None:
        scale = _scale(head, native)
        if scale is None:
            raise ValueError(f"no fused form from {tuple(native.shape)} to {head.output.size}")
        self.scale, self.size = scale, head.output.size
        self.gradient = torch.empty_like(native)
        self._native, self._weight, self._dtype = native, head.weight, dtype
        self._refine = head.output.refine
        self._parameters = [] if self._refine is None else list(self._refine.parameters())
        self._is_plain = scale == 1
        with torch.enable_grad():
            like = native.new_empty((), dtype=dtype)
            self._matrices = phases.matrices(scale, self._refine, native.shape[1], like)
        self._of_matrices = torch.zeros_like(self._matrices)

    def add_block(
        self, first: int, last: int, truth: Tensor, shifts: Tensor | None, cost: Cost
    ) -> Tensor:
        """The loss of classes first to last (exclusive); its gradient is kept."""
        native = self._native[:, first:last].to(self._dtype)
        if self._is_plain:
            part, gradient = cost(_joined(native.unsqueeze(2)), truth, shifts, self._weight)
            self.gradient[:, first:last] = gradient.view_as(native)
            return part
        own = slice(None) if self._refine is None else slice(first, last)
        matrix = self._matrices.detach()[:, :, own]
        with torch.enable_grad():
            leaf = native.requires_grad_()
            around = phases.neighbourhoods(
                leaf, phases.radius(self.scale, self._refine), constant=self._refine is not None
            )
        logits = phases.product(matrix, around.detach())
        part, slope = cost(_joined(logits), truth, shifts, self._weight)
        of_matrix, of_around = phases.adjoint(matrix, around.detach(), slope.view_as(logits))
        if self._refine is not None:
            self._of_matrices[:, :, own] = of_matrix
        (of_leaf,) = torch.autograd.grad(around, leaf, of_around)
        self.gradient[:, first:last] = of_leaf
        return part

    def of_parameters(self) -> list[Tensor]:
        """Gradients on the refinement's parameters, once all blocks are added."""
        if not self._parameters:
            return []
        return list(torch.autograd.grad(self._matrices, self._parameters, self._of_matrices))


class _Truth:
    """The target in the phases of each head, kept as long as it is asked for again."""

    def __init__(self, target: Tensor, dtype: torch.dtype) -> None:
        self._target, self._dtype = target, dtype
        self._fields: dict[int, Tensor] = {}
        self._planes: dict[tuple[int, int], Tensor] = {}

    def block(
        self, first: int, last: int, size: tuple[int, int], scale: int
    ) -> tuple[Tensor, Tensor | None]:
        """Values (B, n, 1, pixels); or bit fields (B, 1, 1, pixels) and each class's bit (n)."""
        target = self._target
        if target.ndim == 3 and size == target.shape[-2:]:
            if scale not in self._fields:
                self._fields[scale] = _joined(phases.of_planes(target.unsqueeze(1), scale))
            shifts = torch.arange(first, last, dtype=target.dtype, device=target.device)
            return self._fields[scale], shifts
        whole = (target.shape[-2], target.shape[-1])
        if whole not in self._planes:
            self._planes[whole] = loss_blocks.expand(target, first, last, dtype=self._dtype)
        if size not in self._planes:
            self._planes[size] = loss_blocks.reduce(self._planes[whole], size)
        return _joined(phases.of_planes(self._planes[size], scale)), None

    def forget(self) -> None:
        """The values of a block are no other's."""
        self._planes.clear()


def _scale(head: Head, native: Tensor) -> int | None:
    output = head.output
    return phases.scale_of((native.shape[-2], native.shape[-1]), output.size, output.refine)


def _joined(planes: Tensor) -> Tensor:
    # One shape for heads of any scale, so that they share one compiled kernel.
    return planes.flatten(2).unsqueeze(2)


@cache
def _cost(terms: tuple[Term, ...]) -> Cost:
    def cost(
        logits: Tensor, truth: Tensor, shifts: Tensor | None, weight: float
    ) -> tuple[Tensor, Tensor]:
        if shifts is not None:
            truth = ((truth >> shifts.view(1, -1, 1, 1)) & 1).to(logits.dtype)
        return loss_blocks.loss_and_gradient(logits, truth, terms, weight)

    return cost


@cache
def _compiled_cost(terms: tuple[Term, ...]) -> Cost:
    return compiled.function(_cost(terms), shapes=_SHAPES)
