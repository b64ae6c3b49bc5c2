"""One minus multi-scale structural similarity of two planes of probabilities.

    1 - product over scales m of l_m ** w_m * cs_m ** w_m
    l  mean over windows of (2 mean_p mean_t + C1) / (mean_p**2 + mean_t**2 + C1)
    cs mean over windows of (2 cov_pt + C2) / (var_p + var_t + C2)

Source: Huang et al. 2020 (UNet 3+), equation 3, with the windows, constants and weights of Wang
et al. 2003: Gaussian windows of 11x11, sigma 1.5, wholly inside the plane; C1 = 0.01**2 and
C2 = 0.03**2 of values in [0, 1]; each scale half as large as the one before, by area means.
"""

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from handseg.errors import BadInput

WINDOW = 11
"""Pixels along each side of a window."""
_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, finest first; they add up to 1, to 4 digits."""
_LEAST = 1e-6
"""A covariance may be negative, and no negative number has a fractional power."""


def scale_count(height: int, width: int) -> int:
    """How many of the five scales a plane has room for.

    Raises:
        BadInput: not one: a side is shorter than a window.
    """
    side = min(height, width)
    if side < WINDOW:
        raise BadInput(
            f"MS-SSIM needs {WINDOW} px along each side of every head's output, one has "
            f"{height}x{width}; take another loss, or a larger model.output_px"
        )
    return sum(side >> scale >= WINDOW for scale in range(len(_WEIGHTS)))


def dissimilarity(probabilities: Tensor, truth: Tensor) -> Tensor:
    """Compare planes, each by itself.

    Where a plane is too small for all five scales (below 176 px), the weights of those that fit
    are enlarged to the same sum.

    Args:
        probabilities: float (B, n, H, W) in [0, 1].
        truth: the same shape, in [0, 1].

    Returns:
        (B, n) in [0, 1]; 0 where the two are equal.

    Raises:
        BadInput: a side is shorter than a window.
    """
    count = scale_count(probabilities.shape[-2], probabilities.shape[-1])
    weights = torch.tensor(_WEIGHTS[:count]) * (sum(_WEIGHTS) / sum(_WEIGHTS[:count]))
    similarity = torch.ones_like(probabilities[..., 0, 0])
    for scale, weight in enumerate(weights.tolist()):
        if scale:
            probabilities, truth = F.avg_pool2d(probabilities, 2), F.avg_pool2d(truth, 2)
        similarity = similarity * _similarity(probabilities, truth) ** weight
    return 1 - similarity


def _similarity(probabilities: Tensor, truth: Tensor) -> Tensor:
    """Luminance times contrast and structure at one scale: (B, n)."""
    mean_p, mean_t = _windows(probabilities), _windows(truth)
    variance_p = _windows(probabilities * probabilities) - mean_p * mean_p
    variance_t = _windows(truth * truth) - mean_t * mean_t
    covariance = _windows(probabilities * truth) - mean_p * mean_t
    luminance = (2 * mean_p * mean_t + _C1) / (mean_p * mean_p + mean_t * mean_t + _C1)
    structure = (2 * covariance + _C2) / (variance_p + variance_t + _C2)
    return luminance.mean((2, 3)) * structure.mean((2, 3)).clamp_min(_LEAST)


def _windows(planes: Tensor) -> Tensor:
    """Gaussian means of all windows inside the planes, one direction after the other."""
    offsets = torch.arange(WINDOW, dtype=planes.dtype, device=planes.device) - WINDOW // 2
    kernel = torch.exp(-(offsets**2) / (2 * _SIGMA**2))
    kernel = kernel / kernel.sum()
    flat = planes.flatten(0, 1).unsqueeze(1)
    means = F.conv2d(F.conv2d(flat, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))
    return means.view(*planes.shape[:2], *means.shape[-2:])
