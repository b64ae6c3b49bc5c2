"""3x3 correlation of planes on a CPU, each with a kernel of its own, and its gradient.

By OpenCV: torch's (oneDNN's) grouped convolution takes 2 s a class at 2048 for the two of the
refinement and their gradient, this a tenth of it, with no plane beside those that it returns.
"""

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

Plane = NDArray[np.floating[Any]]


def correlate(planes: Tensor, kernels: Tensor, biases: Tensor) -> Tensor:
    """Correlate every plane with its channel's kernel, zero padded, and add its bias.

    Args:
        planes: float32 or float64 (B, n, H, W), on the CPU.
        kernels: (n, 3, 3), of the same dtype.
        biases: (n,), of the same dtype.

    Returns:
        (B, n, H, W); differentiable once.
    """
    found: Tensor = _Correlate.apply(planes, kernels, biases)  # type: ignore[no-untyped-call]
    return found


class _Correlate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, planes: Tensor, kernels: Tensor, biases: Tensor) -> Tensor:
        ctx.save_for_backward(planes, kernels)
        return _filtered(planes, kernels, biases)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        planes, kernels = ctx.saved_tensors
        of_kernels = np.zeros(kernels.shape, np.float64)
        for image, slopes in zip(planes.detach().numpy(), upstream.numpy(), strict=True):
            for plane, slope, taps in zip(image, slopes, of_kernels, strict=True):
                taps += _products(plane, slope)
        return (
            _filtered(upstream, kernels.flip(1, 2), torch.zeros(len(kernels))),
            torch.from_numpy(of_kernels).to(kernels.dtype),
            upstream.sum((0, 2, 3)),
        )


def _filtered(planes: Tensor, kernels: Tensor, biases: Tensor) -> Tensor:
    found = torch.empty(planes.shape, dtype=planes.dtype)
    # Taken out first: the arrays share their memory with the tensors.
    weights, shifts = kernels.detach().numpy(), biases.detach().tolist()
    for image, results in zip(planes.detach().numpy(), found.numpy(), strict=True):
        for plane, result, kernel, shift in zip(image, results, weights, shifts, strict=True):
            cv2.filter2D(plane, -1, kernel, result, delta=shift, borderType=cv2.BORDER_CONSTANT)
    return found


def _products(plane: Plane, slope: Plane) -> NDArray[np.float64]:
    """Sum of slope times the plane as each of the nine taps sees it: float64 (3, 3)."""
    height, width = plane.shape
    padded = cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    found = np.empty((3, 3))
    for y, x in np.ndindex(3, 3):
        moved = padded[y : y + height, x : x + width]
        # A sum for each row first: one over all of them would lose digits in float32.
        found[y, x] = np.einsum("ij,ij->i", slope, moved).sum(dtype=np.float64)
    return found
