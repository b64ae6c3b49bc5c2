"""Parts of HRNet (Wang et al. 2020), with modules named as timm's.

Legend: branch 0 is the finest; branch k has half the side and twice the channels of branch k - 1.
"""

from collections.abc import Iterable, Sequence

import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

_EXPANSION = 4
"""Output channels of a bottleneck, per channel of its 3x3 convolution."""


def convolve(before: int, after: int, *, stride: int = 1, relu: bool = True) -> nn.Sequential:
    """Conv3x3 and BatchNorm, and ReLU where that is asked for."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        *([nn.ReLU(inplace=True)] if relu else []),
    )


def enlarge(features: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear (half-pixel centres) to (height, width)."""
    return F.interpolate(features, size=tuple(size), mode="bilinear", align_corners=False)


class Basic(nn.Module):
    """Two 3x3 convolutions, added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, features: Tensor) -> Tensor:
        """(B, width, h, w) to the same."""
        found = F.relu(self.bn1(self.conv1(features)), inplace=True)
        return F.relu(self.bn2(self.conv2(found)) + features, inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, added to their input, which is widened where it must be."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        after = self.channels = width * _EXPANSION
        self.conv1 = nn.Conv2d(before, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.downsample = nn.Identity() if before == after else _project(before, after)

    def forward(self, features: Tensor) -> Tensor:
        """(B, before, h, w) to (B, 4 width, h, w)."""
        found = F.relu(self.bn1(self.conv1(features)), inplace=True)
        found = F.relu(self.bn2(self.conv2(found)), inplace=True)
        return F.relu(self.bn3(self.conv3(found)) + self.downsample(features), inplace=True)


class Exchange(nn.Module):
    """Residual blocks in every branch; then each branch gets the sum of all, at its own size.

    Coarser maps are enlarged bilinearly, as in the paper's segmentation code; its classifiers, of
    which the published weights are, enlarge to the nearest cell.
    """

    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(Basic(width) for _ in range(blocks))) for width in widths
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_path(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )

    def forward(self, maps: Iterable[Tensor]) -> list[Tensor]:
        """One map of each branch, finest first, to the same."""
        maps = [branch(features) for branch, features in zip(self.branches, maps, strict=True)]
        return [F.relu(self._sum(maps, target), inplace=True) for target in range(len(maps))]

    def _sum(self, maps: Sequence[Tensor], target: int) -> Tensor:
        paths = self.fuse_layers[target]
        if not isinstance(paths, nn.ModuleList):
            raise TypeError("each of fuse_layers is a list of paths")
        size = maps[target].shape[-2:]
        total = maps[target]
        for source, (path, features) in enumerate(zip(paths, maps, strict=True)):
            if source != target:
                arrived = path(features)
                total = total + (enlarge(arrived, size) if source > target else arrived)
        return total


def _project(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))


def _path(widths: Sequence[int], source: int, target: int) -> nn.Module:
    """What a map passes through from one branch to another; to a finer one it is enlarged after."""
    before, after = widths[source], widths[target]
    if source == target:
        return nn.Identity()
    if source > target:
        return _project(before, after)
    halvings = (convolve(before, before, stride=2) for _ in range(target - source - 1))
    return nn.Sequential(*halvings, convolve(before, after, stride=2, relu=False))
