"""UPerNet (Xiao et al. 2018, arXiv:1807.10221) on a Swin or ConvNeXt encoder.

Decoder and auxiliary head are transformers', which follow mmsegmentation's.
"""

from fractions import Fraction

from torch import Tensor, nn
from transformers import UperNetConfig
from transformers.models.upernet.modeling_upernet import (
    UperNetConvModule,
    UperNetFCNHead,
    UperNetHead,
)

from handseg.models.encoders import Encoder
from handseg.models.network import HeadLogits, Network, initialise
from handseg.models.refine import Refine

_WIDTH = 512
_AUXILIARY_WIDTH = 256
_AUXILIARY_MAP = 2
"""The map of stride 16."""


class UPerNet(Network):
    """Pooled context on the deepest map, a feature pyramid over all, joined at the finest.

    Args:
        encoder: maps of strides 4, 8, 16 and 32. The published widths, 512 and 256 in the auxiliary
            head, are cut to those of its deepest map and of its map of stride 16, so that a small
            encoder has a small decoder; every published encoder is wider.
        class_count: channels of both heads.
        scale: output side divided by input side.
    """

    # A trace keeps the cells of Swin's windows and of the maps pooled to 2x2, 3x3 and 6x6.
    traces_any_side = False

    def __init__(self, *, encoder: Encoder, class_count: int, scale: Fraction | int = 1) -> None:
        super().__init__()
        self.scale = Fraction(scale)
        self.native_stride, self.stride = encoder.strides[0], encoder.strides[-1]
        self.encoder = encoder
        layout = UperNetConfig(
            hidden_size=min(_WIDTH, encoder.channels[-1]),
            auxiliary_channels=min(_AUXILIARY_WIDTH, encoder.channels[_AUXILIARY_MAP]),
        )
        layout.num_labels = class_count
        self.decoder = UperNetHead(layout, encoder.channels)  # type: ignore[no-untyped-call]
        self.auxiliary = UperNetFCNHead(layout, encoder.channels, in_index=_AUXILIARY_MAP)
        _allow_one_image(self.decoder)
        self.refine = Refine(class_count) if scale > 1 else None
        initialise(self)

    def forward(self, images: Tensor) -> list[HeadLogits]:
        """See Network.forward; the auxiliary head sees the map of stride 16."""
        output = self._check_side(images)
        maps = self.encoder(images)
        found = [HeadLogits(self.decoder(maps), output, self.refine)]
        if self.training:
            found.append(HeadLogits(self.auxiliary(maps), output))
        return found

    def native(self, images: Tensor) -> Tensor:
        """See Network.native."""
        self._check_side(images)
        logits: Tensor = self.decoder(self.encoder(images))
        return logits

    def heads(self) -> list[nn.Conv2d]:
        """See Network.heads."""
        return [self.decoder.classifier, self.auxiliary.classifier]


def _allow_one_image(decoder: UperNetHead) -> None:
    """Normalise the map pooled to 1x1 over its channels.

    BatchNorm has one value a channel there when the batch is one image, as it is in most presets,
    and refuses it. The parameters are as many as before.
    """
    for block, side in zip(decoder.psp_modules.blocks, decoder.pool_scales, strict=True):
        convolution = block.layers[1]
        if side == 1 and isinstance(convolution, UperNetConvModule):
            width = convolution.batch_norm.num_features
            convolution.batch_norm = nn.GroupNorm(1, width)  # type: ignore[assignment]
