"""U-Net (Ronneberger et al. 2015) on an encoder, in the layout of segmentation_models_pytorch."""

from fractions import Fraction

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.encoders import Encoder
from handseg.models.network import Network, initialise
from handseg.models.refine import Refine

WIDTHS = (256, 128, 64, 32, 16)
"""Of the decoder's levels, coarsest first; the last has the images' own size."""


class DecoderLevel(nn.Module):
    """Doubles a map's sides (nearest), joins a finer one where there is one, two convolutions.

    Args:
        coarse: channels of the map that is enlarged.
        fine: channels of what is joined to it; may be 0.
        filters: channels of the result.
    """

    def __init__(self, coarse: int, fine: int, filters: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(coarse + fine, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
        )

    def forward(self, coarse: Tensor, *fine: Tensor) -> Tensor:
        """(B, coarse, h, w) and maps of (B, ., 2h, 2w), joined in turn, to (B, filters, 2h, 2w)."""
        larger = F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        found: Tensor = self.convolutions(torch.cat([larger, *fine], dim=1) if fine else larger)
        return found


class EncoderUNet(Network):
    """An encoder, and a decoder that doubles the side until it is the images'.

    Args:
        encoder: maps of strides 2, 4, 8, 16 and 32.
        class_count: classes of the head.
        scale: output side divided by input side.
    """

    def __init__(self, *, encoder: Encoder, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale, self.stride = Fraction(scale), encoder.strides[-1]
        self.encoder = encoder
        coarsest, *finer = reversed(encoder.channels)
        self.decoder = nn.ModuleList(
            DecoderLevel(coarse, fine, filters)
            for coarse, fine, filters in zip(
                [coarsest, *WIDTHS[:-1]], [*finer, 0], WIDTHS, strict=True
            )
        )
        self.head = nn.Conv2d(WIDTHS[-1], class_count, 3, padding=1)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        features, *finer = reversed(self.encoder(images))
        for level, block in enumerate(self.decoder):
            features = block(features, *finer[level : level + 1])
        logits: Tensor = self.head(features)
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.head]
