"""FCN (Long et al. 2015) on a dilated ResNet, in torchvision's layout."""

from fractions import Fraction

from torch import Tensor, nn

from handseg.models.encoders import Encoder
from handseg.models.network import HeadLogits, Network, initialise
from handseg.models.refine import Refine

_AUXILIARY_MAP = -2
"""The encoder's last map but one carries the auxiliary head."""
_REDUCTION = 4
_DROPOUT = 0.1


def _narrow(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels // _REDUCTION, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels // _REDUCTION),
        nn.ReLU(inplace=True),
        nn.Dropout(_DROPOUT),
    )


class FCN(Network):
    """A 3x3 convolution to a quarter of the channels and a 1x1 head, on each of the last two maps.

    The second head is an auxiliary one, of training alone.

    Args:
        encoder: its deepest maps have stride 8 as published, or 16.
        class_count: classes of both heads.
        scale: output side divided by input side.
    """

    def __init__(self, *, encoder: Encoder, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale, self.stride = Fraction(scale), encoder.strides[-1]
        self.native_stride = encoder.strides[-1]
        self.encoder = encoder
        deepest, auxiliary = encoder.channels[-1], encoder.channels[_AUXILIARY_MAP]
        self.decoder, self.auxiliary_decoder = _narrow(deepest), _narrow(auxiliary)
        self.head = nn.Conv2d(deepest // _REDUCTION, class_count, 1)
        self.auxiliary_head = nn.Conv2d(auxiliary // _REDUCTION, class_count, 1)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def forward(self, images: Tensor) -> list[HeadLogits]:
        """See Network.forward."""
        output = self._check_side(images)
        maps = self.encoder(images)
        found = [HeadLogits(self.head(self.decoder(maps[-1])), output, self.refine)]
        if self.training:
            features = self.auxiliary_decoder(maps[_AUXILIARY_MAP])
            found.append(HeadLogits(self.auxiliary_head(features), output))
        return found

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        logits: Tensor = self.head(self.decoder(self.encoder(images)[-1]))
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.head, self.auxiliary_head]
