"""DeepLabV3+ (Chen et al. 2018), in the layout of segmentation_models_pytorch."""

from fractions import Fraction

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.encoders import Encoder
from handseg.models.network import Network, initialise
from handseg.models.refine import Refine

_WIDTH = 256
_FINE_WIDTH = 48
_RATES = (6, 12, 18)
"""Dilations of the pyramid at output stride 16; twice these at 8 (section 4.1)."""
_DROPOUT = 0.1


def _joined(channels: int, filters: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, filters, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)
    )


def _separable(channels: int, filters: int, *, dilation: int = 1) -> nn.Sequential:
    """Each channel's own 3x3 kernel, then all channels joined at each pixel."""
    return nn.Sequential(
        nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, groups=channels, bias=False
        ),
        *_joined(channels, filters),
    )


class _Pyramid(nn.Module):
    """Context at several dilations and over the whole image (ASPP)."""

    def __init__(self, channels: int, *, output_stride: int) -> None:
        super().__init__()
        rates = [rate * 16 // output_stride for rate in _RATES]
        self.branches = nn.ModuleList(
            [
                _joined(channels, _WIDTH),
                *(_separable(channels, _WIDTH, dilation=rate) for rate in rates),
            ]
        )
        # One group instead of BatchNorm: a single value per channel and image has no variance
        # where the batch is one image. The count of parameters is the same.
        self.whole = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, _WIDTH, 1, bias=False),
            nn.GroupNorm(1, _WIDTH),
            nn.ReLU(inplace=True),
        )
        self.join = nn.Sequential(
            *_joined(_WIDTH * (len(self.branches) + 1), _WIDTH), nn.Dropout(_DROPOUT)
        )

    def forward(self, features: Tensor) -> Tensor:
        found = [branch(features) for branch in self.branches]
        found.append(self.whole(features).expand_as(found[0]))
        joined: Tensor = self.join(torch.cat(found, dim=1))
        return joined


class DeepLabV3Plus(Network):
    """Pyramid on the deepest map, joined with the map of stride 4, and a 1x1 head there.

    Args:
        encoder: with a map of stride 4, its deepest of stride 16 or 8.
        class_count: classes of the head.
        scale: output side divided by input side.
    """

    native_stride = 4

    def __init__(self, *, encoder: Encoder, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale, self.stride = Fraction(scale), encoder.strides[-1]
        self.encoder = encoder
        self._fine = encoder.strides.index(self.native_stride)
        self.pyramid = nn.Sequential(
            _Pyramid(encoder.channels[-1], output_stride=self.stride), _separable(_WIDTH, _WIDTH)
        )
        self.fine = _joined(encoder.channels[self._fine], _FINE_WIDTH)
        self.decoder = _separable(_WIDTH + _FINE_WIDTH, _WIDTH)
        self.head = nn.Conv2d(_WIDTH, class_count, 1)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        maps = self.encoder(images)
        fine = self.fine(maps[self._fine])
        context = F.interpolate(
            self.pyramid(maps[-1]), size=fine.shape[-2:], mode="bilinear", align_corners=False
        )
        logits: Tensor = self.head(self.decoder(torch.cat([context, fine], dim=1)))
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.head]
