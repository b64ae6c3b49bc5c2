"""The two grouped convolutions that sharpen enlarged logits, each class by itself."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class Refine(nn.Module):
    """Conv3x3 (C -> 2C) and Conv3x3 (2C -> C), both in C groups, zero padded, nothing between.

    Every class depends on itself alone, which is what lets loss and inference work class by class.
    """

    def __init__(self, class_count: int) -> None:
        super().__init__()
        self.widen = nn.Conv2d(class_count, 2 * class_count, 3, padding=1, groups=class_count)
        self.merge = nn.Conv2d(2 * class_count, class_count, 3, padding=1, groups=class_count)
        self.start_as_identity()

    @torch.no_grad()
    def start_as_identity(self) -> None:
        """Output equals input at first, so that heads at the classes' prior stay at it.

        The first of the two channels passes its class through; the second is random in `widen` and
        zero in `merge`: it adds nothing yet, and `merge` gets a gradient for it from step one.
        """
        nn.init.kaiming_normal_(self.widen.weight, nonlinearity="linear")
        nn.init.zeros_(self.merge.weight)
        self.widen.weight[0::2] = 0
        self.widen.weight[0::2, 0, 1, 1] = 1
        self.merge.weight[:, 0, 1, 1] = 1
        for convolution in (self.widen, self.merge):
            if convolution.bias is not None:
                convolution.bias.zero_()

    def classes(self, logits: Tensor, first: int = 0) -> Tensor:
        """Refine some classes.

        Args:
            logits: float (B, n, H, W), classes first to first + n.
            first: class id of the first channel.

        Returns:
            float (B, n, H, W).
        """
        widen, merge = self.widen, self.merge
        if widen.bias is None or merge.bias is None:
            raise ValueError("the refinement has biases")
        count, dtype = logits.shape[1], logits.dtype
        pair = slice(2 * first, 2 * (first + count))
        one = slice(first, first + count)
        weights = (widen.weight[pair], widen.bias[pair], merge.weight[one], merge.bias[one])
        wide, wide_bias, merged, merged_bias = (weight.to(dtype) for weight in weights)
        if logits.device.type == "cpu":
            first_channel, second_channel = (
                _correlate(
                    _correlate(logits, wide[c::2, 0]) + wide_bias[c::2, None, None], merged[:, c]
                )
                for c in range(2)
            )
            return first_channel + second_channel + merged_bias[:, None, None]
        found = F.conv2d(logits, wide, wide_bias, padding=1, groups=count)
        return F.conv2d(found, merged, merged_bias, padding=1, groups=count)

    def forward(self, logits: Tensor) -> Tensor:
        """Refine all classes: (B, C, H, W) to the same."""
        return self.classes(logits)


class _Correlate(torch.autograd.Function):
    """Each (B, n, H, W) plane's correlation with its (n, 3, 3) kernel, zero padded.

    For CPUs: oneDNN takes 2 s a class at 2048 for the two convolutions and their gradient.
    """

    @staticmethod
    def forward(ctx: Any, planes: Tensor, kernels: Tensor) -> Tensor:
        ctx.save_for_backward(planes, kernels)
        return _shifted_sum(planes, kernels)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        planes, kernels = ctx.saved_tensors
        products = [(upstream * moved).sum((0, 2, 3)) for moved in _moved(planes)]
        of_kernels = torch.stack(products, dim=-1).view_as(kernels)
        return _shifted_sum(upstream, kernels.flip(1, 2)), of_kernels


def _correlate(planes: Tensor, kernels: Tensor) -> Tensor:
    found: Tensor = _Correlate.apply(planes, kernels)  # type: ignore[no-untyped-call]
    return found


def _moved(planes: Tensor) -> Iterator[Tensor]:
    """The planes as each of the nine taps sees them, row by row."""
    height, width = planes.shape[-2:]
    padded = F.pad(planes, (1, 1, 1, 1))
    for y in range(3):
        for x in range(3):
            yield padded[..., y : y + height, x : x + width]


def _shifted_sum(planes: Tensor, kernels: Tensor) -> Tensor:
    total = torch.zeros_like(planes)
    for moved, weight in zip(_moved(planes), kernels.flatten(1).T, strict=True):
        total.addcmul_(moved, weight[:, None, None])
    return total
