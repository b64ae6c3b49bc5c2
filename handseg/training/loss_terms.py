"""What a plane of logits costs against its truth, and that cost's gradient, term by term.

With p = sigmoid(z), over the pixels of one image and class:

    bce     mean of softplus(z) - z t
    dice    1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)
    iou     1 - (sum(p t) + 1) / (sum(p) + sum(t) - sum(p t) + 1)
    focal   mean of a_t (1 - p_t)**2 bce, p_t = p t + (1 - p)(1 - t), a_t = t / 4 + 3 (1 - t) / 4
    msssim  see `ms_ssim`

Sources: Milletari et al. 2016 (dice; they square the denominator, we do not), Rahman and Wang 2016
(iou), Lin et al. 2017 (focal: alpha 1/4, gamma 2; the mean is over all pixels).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from handseg.training import ms_ssim

SMOOTH = 1.0
"""Pixels added to both sides of the soft Dice and IoU ratios; keeps an empty class finite."""
_ALPHA = 0.25
"""Focal: weight of foreground; background has the rest."""


@dataclass(frozen=True)
class Planes:
    """Some classes of one head, at the size at which it is trained; each (B, n, H, W)."""

    logits: Tensor
    probabilities: Tensor
    truth: Tensor

    @property
    def pixels(self) -> int:
        """Pixels of one plane."""
        return self.logits.shape[-2] * self.logits.shape[-1]


Term = Callable[[Planes, float, Tensor], Tensor]
"""Adds weight x its gradient on the logits to the last argument; returns weight x its sum over
planes, a scalar. Written into one array: at 2048 a plane more is a pass over memory more."""


def bce(planes: Planes, weight: float, gradient: Tensor) -> Tensor:
    """Binary cross-entropy with logits."""
    share = weight / planes.pixels
    gradient.add_(planes.probabilities, alpha=share).sub_(planes.truth, alpha=share)
    return (F.softplus(planes.logits).sum() - (planes.logits * planes.truth).sum()) * share


def dice(planes: Planes, weight: float, gradient: Tensor) -> Tensor:
    """One minus soft Dice."""
    p, t = planes.probabilities, planes.truth
    size = (p + t).sum((2, 3), keepdim=True) + SMOOTH
    ratio = (2 * (p * t).sum((2, 3), keepdim=True) + SMOOTH) / size
    # d(1 - ratio)/dp = ratio / size - 2 t / size
    slope = torch.addcmul(ratio / size * weight, t, -2 * weight / size)
    gradient.add_(torch.ops.aten.sigmoid_backward(slope, p))
    return (1 - ratio).sum() * weight


def iou(planes: Planes, weight: float, gradient: Tensor) -> Tensor:
    """One minus soft IoU."""
    p, t = planes.probabilities, planes.truth
    overlap = (p * t).sum((2, 3), keepdim=True)
    union = (p + t).sum((2, 3), keepdim=True) - overlap + SMOOTH
    ratio = (overlap + SMOOTH) / union
    # d(1 - ratio)/dp = (ratio (1 - t) - t) / union
    slope = torch.addcmul(ratio / union * weight, t, -weight * (1 + ratio) / union)
    gradient.add_(torch.ops.aten.sigmoid_backward(slope, p))
    return (1 - ratio).sum() * weight


def focal(planes: Planes, weight: float, gradient: Tensor) -> Tensor:
    """Focal loss: what is sure and right counts little."""
    z, p, t = planes.logits, planes.probabilities, planes.truth
    entropy = F.softplus(z) - z * t
    doubt = p + t - 2 * p * t  # 1 - p_t
    factor = (1 - _ALPHA + (2 * _ALPHA - 1) * t) * (weight / planes.pixels)
    # d(doubt)/dz = (1 - 2 t) p (1 - p), d(entropy)/dz = p - t
    gradient.add_(factor * doubt * (2 * (1 - 2 * t) * p * (1 - p) * entropy + doubt * (p - t)))
    return (factor * doubt * doubt * entropy).sum()


def msssim(planes: Planes, weight: float, gradient: Tensor) -> Tensor:
    """One minus multi-scale structural similarity; torch derives it."""
    with torch.enable_grad():
        leaf = planes.probabilities.detach().requires_grad_()
        total = ms_ssim.dissimilarity(leaf, planes.truth).sum() * weight
        (slope,) = torch.autograd.grad(total, leaf)
    gradient.add_(torch.ops.aten.sigmoid_backward(slope, planes.probabilities))
    return total.detach()


TERMS: Mapping[str, tuple[Term, ...]] = {
    "bce": (bce,),
    "bce_dice": (bce, dice),
    "iou_bce": (bce, iou),
    "focal": (focal,),
    "focal_msssim_iou": (focal, msssim, iou),
}
"""The terms that each loss of the settings adds up, all with the same weight."""
