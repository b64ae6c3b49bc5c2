"""A compact U-Net that learns fast on a CPU, and a baseline."""

from collections.abc import Sequence
from fractions import Fraction

import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.network import Network, initialise
from handseg.models.refine import Refine

STEM = 2
"""Pixels of a side folded into channels; the widest maps are this much smaller than the image."""


def _block(channels: int, filters: int, *, stride: int = 1) -> nn.Sequential:
    # BatchNorm: GroupNorm takes 4.5 times as long, forward and back, in bf16 on a CPU.
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
        nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
    )


class UNet(Network):
    """Two convolutions a level, halved by the first one's stride; skips are added, not joined.

    The finest level works on 2x2 pixels at a time (pixel unshuffle before, pixel shuffle after),
    and a coarser level is projected to the finer one's width before it is enlarged: in the same
    time on a CPU this takes 1.7 times the steps of the usual layout, whose finest level costs most.

    Args:
        filters: of each level, finest first; at least 3.
        class_count: classes of the head.
        input_channels: channels of the images.
        scale: output side divided by input side.
    """

    def __init__(
        self,
        filters: Sequence[int],
        *,
        class_count: int,
        input_channels: int = 3,
        scale: Fraction | int = 1,
    ) -> None:
        super().__init__()
        self.scale, self.stride = Fraction(scale), STEM * 2 ** (len(filters) - 1)
        inputs = [input_channels * STEM**2, *filters[:-1]]
        self.encoder = nn.ModuleList(
            _block(before, count, stride=2 if level else 1)
            for level, (before, count) in enumerate(zip(inputs, filters, strict=True))
        )
        pairs = list(zip(filters[:-1], filters[1:], strict=True))
        self.projections = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1, bias=False) for fine, coarse in pairs
        )
        self.decoder = nn.ModuleList(_block(fine, fine) for fine, _ in pairs)
        self.head = nn.Conv2d(filters[0], class_count * STEM**2, 1)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        maps: list[Tensor] = []
        features = F.pixel_unshuffle(images, STEM)
        for block in self.encoder:
            features = block(features)
            maps.append(features)
        for level in reversed(range(len(self.decoder))):
            size = maps[level].shape[-2:]
            narrow = self.projections[level](features)
            larger = F.interpolate(narrow, size=size, mode="bilinear", align_corners=False)
            features = self.decoder[level](maps[level] + larger)
        return F.pixel_shuffle(self.head(features), STEM)

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads; STEM x STEM channels in turn belong to one class."""
        return [self.head]
