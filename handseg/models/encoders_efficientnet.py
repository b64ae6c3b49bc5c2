"""EfficientNet (Tan and Le 2019) as an encoder."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import EfficientNetConfig, EfficientNetModel

from handseg.models.encoders import Encoder


class EfficientNetMaps(Encoder):
    """Maps of strides 2 (stem), 4, 8, 16 and 32; the convolution before the classifier is left out.

    Three things differ from the library's model, all only in training. Its initial weights (all
    0.02 wide, of the normalisations too) let no signal through 16 blocks: these are Kaiming's and
    the identity's. Its normalisations forget all but the last batch (0.99 is Keras's momentum,
    which PyTorch counts the other way): these have PyTorch's own 0.1. It drops single values of a
    branch where the paper drops the branch.

    Args:
        size: arguments of EfficientNetConfig.
    """

    body: EfficientNetModel

    def __init__(self, size: Mapping[str, Any]) -> None:
        body = EfficientNetModel(EfficientNetConfig(**size, batch_norm_momentum=0.1))
        blocks: list[Any] = list(body.encoder.blocks)
        body.encoder.top_conv = body.encoder.top_bn = nn.Identity()  # type: ignore[assignment]
        _start(body)
        for block in blocks:
            block.projection.dropout = _DropBranch(block.projection.dropout.p)
        self._ends = _last_of_each_stride(blocks)
        widths = [blocks[end].projection.project_conv.out_channels for end in self._ends]
        super().__init__(
            body, channels=[body.embeddings.out_dim, *widths], strides=[2, 4, 8, 16, 32]
        )

    def maps(self, colours: Tensor) -> list[Tensor]:
        """See Encoder.maps."""
        features = self.body.embeddings(colours)
        found = [features]
        for index, block in enumerate(self.body.encoder.blocks):
            features = block(features)
            if index in self._ends:
                found.append(features)
        return found


class _DropBranch(nn.Module):
    """Leaves a residual branch out, per image, with a probability (Huang et al. 2016)."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, branch: Tensor) -> Tensor:
        if not self.training or not self.probability:
            return branch
        keep = 1 - self.probability
        kept = torch.rand(len(branch), 1, 1, 1, device=branch.device) < keep
        return branch * kept.to(branch.dtype) / keep


def _last_of_each_stride(blocks: list[Any]) -> list[int]:
    """Indices of the blocks before which the side is halved no more: strides 4, 8, 16 and 32."""
    halving = [i for i, block in enumerate(blocks) if block.depthwise_conv.stride == 2]
    return [i - 1 for i in halving[1:]] + [len(blocks) - 1]


def _start(body: nn.Module) -> None:
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
