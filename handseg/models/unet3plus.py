"""UNet 3+ (Huang et al. 2020): every decoder level sees every scale.

Legend: level 0 is the finest; level k has side h / pool**k.
"""

from collections.abc import Sequence
from fractions import Fraction

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.models.network import HeadLogits, Network, initialise
from handseg.models.refine import Refine

AUXILIARY_SCALE = 4
"""How far the auxiliary heads of the efficient form are enlarged."""


def _convolve(channels: int, filters: int) -> nn.Sequential:
    # The bias is redundant before BatchNorm; it is there because the published network has it.
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, padding=1),
        nn.BatchNorm2d(filters),
        nn.ReLU(inplace=True),
    )


class _DecoderLevel(nn.Module):
    """Joins one feature map of each level, brought to this level's size."""

    def __init__(self, level: int, *, channels: Sequence[int], skip: int, pool: int) -> None:
        super().__init__()
        self.level = level
        self.pool = pool
        self.branches = nn.ModuleList(_convolve(count, skip) for count in channels)
        self.fuse = _convolve(skip * len(channels), skip * len(channels))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        size = maps[self.level].shape[-2:]
        joined: list[Tensor] = []
        for level, (branch, features) in enumerate(zip(self.branches, maps, strict=True)):
            if level < self.level:
                features = F.max_pool2d(features, self.pool ** (self.level - level))
            elif level > self.level:
                features = F.interpolate(features, size=size, mode="bilinear", align_corners=False)
            joined.append(branch(features))
        fused: Tensor = self.fuse(torch.cat(joined, dim=1))
        return fused


class UNet3Plus(Network):
    """UNet 3+ and its forms.

    Args:
        filters: of each encoder level, finest first; at least 3. The decoder's branches have the
            first one's width, its levels that times the number of levels.
        class_count: channels of every head.
        input_channels: 3 here; the published count is of 1.
        pool: kernel of one pooling step; the efficient form has 4.
        supervised: a head on every decoder level (deep supervision), instead of the main one alone.
        auxiliary_at_output: enlarge auxiliary heads to the output's size, instead of x4 only.
        scale: output side divided by input side.
    """

    def __init__(
        self,
        filters: Sequence[int],
        *,
        class_count: int,
        input_channels: int = 3,
        pool: int = 2,
        supervised: bool = False,
        auxiliary_at_output: bool = True,
        scale: Fraction | int = 1,
    ) -> None:
        super().__init__()
        levels = len(filters)
        self.scale, self.pool, self.stride = Fraction(scale), pool, pool ** (levels - 1)
        self.auxiliary_at_output = auxiliary_at_output
        inputs = [input_channels, *filters[:-1]]
        self.encoder = nn.ModuleList(
            nn.Sequential(_convolve(before, count), _convolve(count, count))
            for before, count in zip(inputs, filters, strict=True)
        )
        width = filters[0] * levels
        self.decoder = nn.ModuleList(
            _DecoderLevel(
                level,
                channels=[
                    filters[other] if other <= level or other == levels - 1 else width
                    for other in range(levels)
                ],
                skip=filters[0],
                pool=pool,
            )
            for level in range(levels - 1)
        )
        head_inputs = [width] * (levels - 1) + [filters[-1]]
        self.head_convolutions = nn.ModuleList(
            nn.Conv2d(count, class_count, 3, padding=1)
            for count in head_inputs[: levels if supervised else 1]
        )
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def _decode(self, images: Tensor) -> list[Tensor]:
        maps: list[Tensor] = []
        features = images
        for level, block in enumerate(self.encoder):
            features = block(F.max_pool2d(features, self.pool) if level else features)
            maps.append(features)
        # From the deepest decoder level to the finest: each replaces its encoder map, which the
        # levels above it no longer see.
        for level in reversed(range(len(self.decoder))):
            maps[level] = self.decoder[level](maps)
        return maps

    def forward(self, images: Tensor) -> list[HeadLogits]:
        """See Network.forward."""
        output = self._check_side(images)
        maps = self._decode(images)
        heads = self.heads() if self.training else self.heads()[:1]
        found: list[HeadLogits] = []
        for level, (head, features) in enumerate(zip(heads, maps, strict=False)):
            native = head(features)
            height, width = native.shape[-2:]
            direct = level == 0 or self.auxiliary_at_output
            size = output if direct else (height * AUXILIARY_SCALE, width * AUXILIARY_SCALE)
            found.append(HeadLogits(native, size, None if level else self.refine))
        return found

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        logits: Tensor = self.head_convolutions[0](self._decode(images)[0])
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [head for head in self.head_convolutions if isinstance(head, nn.Conv2d)]
