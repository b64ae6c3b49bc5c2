"""SegFormer (Xie et al. 2021, arXiv:2105.15203): a Mix Transformer and a decoder of 1x1 layers."""

from collections.abc import Sequence
from fractions import Fraction

import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.encoders_stages import MitMaps
from handseg.models.network import Network, initialise
from handseg.models.refine import Refine

_DROPOUT = 0.1


class _Decoder(nn.Module):
    """Every map projected to one width, joined, and a 1x1 head at the finest map's size.

    The published one joins the maps (a 1x1 convolution over all of them) once they are enlarged.
    That convolution and bilinear enlargement commute, so here each map meets its part of it at its
    own size: a third of the multiplications for the same logits.
    """

    def __init__(self, channels: Sequence[int], *, width: int, class_count: int) -> None:
        super().__init__()
        self.projections = nn.ModuleList(nn.Conv2d(count, width, 1) for count in channels)
        self.joins = nn.ModuleList(nn.Conv2d(width, width, 1, bias=False) for _ in channels)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout2d(_DROPOUT)
        self.head = nn.Conv2d(width, class_count, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        size = maps[0].shape[-2:]
        parts = [
            join(project(features))
            for features, project, join in zip(maps, self.projections, self.joins, strict=True)
        ]
        total = parts[0]
        for part in parts[1:]:
            total = total + F.interpolate(part, size=size, mode="bilinear", align_corners=False)
        logits: Tensor = self.head(self.dropout(F.relu(self.norm(total))))
        return logits


class SegFormer(Network):
    """A Mix Transformer's four maps, joined at stride 4.

    Args:
        encoder: of the family mit; its size names the decoder's width too.
        class_count: channels of the head.
        scale: output side divided by input side.
    """

    def __init__(self, *, encoder: MitMaps, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale = Fraction(scale)
        self.native_stride, self.stride = encoder.strides[0], encoder.strides[-1]
        self.encoder = encoder
        self.decoder = _Decoder(
            encoder.channels,
            width=encoder.body.config.decoder_hidden_size,
            class_count=class_count,
        )
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        logits: Tensor = self.decoder(self.encoder(images))
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.decoder.head]
