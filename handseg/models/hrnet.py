"""HRNetV2 (Wang et al. 2020, Deep High-Resolution Representation Learning, arXiv:1908.07919).

Branches of stride 4, 8, 16 and 32 run side by side and exchange after every module. The encoder's
modules are named as timm's are, so that the safetensors of timm/hrnet_* fit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.encoders import Encoder
from handseg.models.hrnet_blocks import Bottleneck, Exchange, convolve, enlarge
from handseg.models.network import Network, initialise
from handseg.models.refine import Refine

_BRANCHES = 4


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Sizes of one encoder."""

    width: int
    """Channels of the finest branch; each coarser one has twice as many."""
    exchanges: tuple[int, int, int] = (1, 4, 3)
    """How many there are in the stages of two, three and four branches."""
    blocks: int = 4
    """Residual blocks of a branch before an exchange."""
    stem: int = 64
    """Channels of the two convolutions that halve the image."""
    bottlenecks: int = 4
    """Blocks of the first stage, before the branches part."""
    bottleneck_width: int = 64
    """Channels of their 3x3 convolutions."""


LAYOUTS: dict[str, Layout] = {
    "w18": Layout(width=18),
    "w32": Layout(width=32),
    "w48": Layout(width=48),
    "w64": Layout(width=64),
    "w18_small": Layout(width=16, exchanges=(1, 1, 1), blocks=2, bottlenecks=1,
                        bottleneck_width=32),
    "smoke": Layout(width=8, exchanges=(1, 1, 1), blocks=1, stem=16, bottlenecks=1,
                    bottleneck_width=8),
}  # fmt: skip
"""The published sizes by timm's names, and one for tests."""


class HighResolution(nn.Module):
    """The trunk, named as timm's; weights of its classifier have no place here.

    Args:
        layout: its sizes.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        widths = self.widths = [layout.width * 2**branch for branch in range(_BRANCHES)]
        self.conv1 = nn.Conv2d(3, layout.stem, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(layout.stem)
        self.conv2 = nn.Conv2d(layout.stem, layout.stem, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(layout.stem)
        self.layer1 = nn.Sequential()
        before = layout.stem
        for _ in range(layout.bottlenecks):
            block = Bottleneck(before, layout.bottleneck_width)
            self.layer1.append(block)
            before = block.channels
        self.transition1 = _transition([before], widths[:2])
        self.stage2 = _stage(widths[:2], layout.exchanges[0], layout.blocks)
        self.transition2 = _transition(widths[:2], widths[:3])
        self.stage3 = _stage(widths[:3], layout.exchanges[1], layout.blocks)
        self.transition3 = _transition(widths[:3], widths)
        self.stage4 = _stage(widths, layout.exchanges[2], layout.blocks)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, colours: Tensor) -> list[Tensor]:
        """Maps of stride 4, 8, 16 and 32 of float (B, 3, h, w) in ImageNet's normalisation."""
        features = F.relu(self.bn1(self.conv1(colours)), inplace=True)
        features = F.relu(self.bn2(self.conv2(features)), inplace=True)
        maps: list[Tensor] = [self.layer1(features)]
        for transition, stage in (
            (self.transition1, self.stage2),
            (self.transition2, self.stage3),
            (self.transition3, self.stage4),
        ):
            # The new branch starts from the coarsest one.
            last = len(maps) - 1
            maps = [layer(maps[min(branch, last)]) for branch, layer in enumerate(transition)]
            maps = stage(maps)
        return maps


class HRNetEncoder(Encoder):
    """Maps of strides 4, 8, 16 and 32.

    Args:
        layout: one of LAYOUTS.
    """

    body: HighResolution

    def __init__(self, layout: Layout) -> None:
        body = HighResolution(layout)
        super().__init__(body, channels=body.widths, strides=[4, 8, 16, 32])

    def maps(self, colours: Tensor) -> list[Tensor]:
        """See Encoder.maps."""
        found: list[Tensor] = self.body(colours)
        return found


def _transition(before: Sequence[int], after: Sequence[int]) -> nn.ModuleList:
    """From the branches of one stage to those of the next, which has one more."""
    layers: list[nn.Module] = [
        nn.Identity() if old == new else convolve(old, new)
        for old, new in zip(before, after, strict=False)
    ]
    layers.append(nn.Sequential(convolve(before[-1], after[-1], stride=2)))
    return nn.ModuleList(layers)


def _stage(widths: Sequence[int], exchanges: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(*(Exchange(widths, blocks) for _ in range(exchanges)))


class HRNet(Network):
    """All branches enlarged to stride 4 and joined, a 1x1 convolution over them, and a 1x1 head.

    Args:
        encoder: its maps, the finest first.
        class_count: channels of the head.
        scale: output side divided by input side.
    """

    def __init__(self, *, encoder: Encoder, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale = Fraction(scale)
        self.native_stride, self.stride = encoder.strides[0], encoder.strides[-1]
        self.encoder = encoder
        width = sum(encoder.channels)
        self.fuse = nn.Sequential(
            nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.head = nn.Conv2d(width, class_count, 1)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        finest, *coarser = self.encoder(images)
        size = finest.shape[-2:]
        joined = torch.cat([finest, *(enlarge(features, size) for features in coarser)], dim=1)
        logits: Tensor = self.head(self.fuse(joined))
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.head]
