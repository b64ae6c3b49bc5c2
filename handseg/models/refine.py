"""The two grouped convolutions that sharpen enlarged logits, each class by itself."""

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.correlation import correlate


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
            # The first of the two channels carries the bias of their sum.
            first_channel, second_channel = (
                correlate(correlate(logits, wide[c::2, 0], wide_bias[c::2]), merged[:, c], bias)
                for c, bias in enumerate((merged_bias, torch.zeros_like(merged_bias)))
            )
            return first_channel.add_(second_channel)
        found = F.conv2d(logits, wide, wide_bias, padding=1, groups=count)
        return F.conv2d(found, merged, merged_bias, padding=1, groups=count)

    def forward(self, logits: Tensor) -> Tensor:
        """Refine all classes: (B, C, H, W) to the same."""
        return self.classes(logits)
