"""Swin, ConvNeXt and SegFormer's Mix Transformer as encoders: four stages each."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from transformers import (
    ConvNextBackbone,
    ConvNextConfig,
    SegformerConfig,
    SegformerModel,
    SwinBackbone,
    SwinConfig,
)

from handseg.models.encoders import Encoder

_ALL_MAPS = {"out_features": ["stage1", "stage2", "stage3", "stage4"]}
_STRIDES = [4, 8, 16, 32]


class SwinMaps(Encoder):
    """Swin (Liu et al. 2021): maps of strides 4, 8, 16 and 32, each through its own LayerNorm.

    The LayerNorm before the classifier is left out: no gradient would reach it.

    Args:
        size: arguments of SwinConfig.
    """

    body: SwinBackbone

    def __init__(self, size: Mapping[str, Any]) -> None:
        body = SwinBackbone(SwinConfig(**{**size, **_ALL_MAPS}))
        body.swin.layernorm = nn.Identity()  # type: ignore[assignment]
        super().__init__(body, channels=body.channels, strides=_STRIDES)

    def maps(self, colours: Tensor) -> list[Tensor]:
        """See Encoder.maps."""
        return list(self.body(colours).feature_maps)


class ConvNextMaps(Encoder):
    """ConvNeXt (Liu et al. 2022): maps of strides 4, 8, 16 and 32, each through its own LayerNorm.

    Args:
        size: arguments of ConvNextConfig.
    """

    body: ConvNextBackbone

    def __init__(self, size: Mapping[str, Any]) -> None:
        body = ConvNextBackbone(ConvNextConfig(**{**size, **_ALL_MAPS}))
        super().__init__(body, channels=body.channels, strides=_STRIDES)

    def maps(self, colours: Tensor) -> list[Tensor]:
        """See Encoder.maps."""
        return list(self.body(colours).feature_maps)


class MitMaps(Encoder):
    """Mix Transformer (Xie et al. 2021, SegFormer): maps of strides 4, 8, 16 and 32.

    Args:
        size: arguments of SegformerConfig.
    """

    body: SegformerModel

    def __init__(self, size: Mapping[str, Any]) -> None:
        config = SegformerConfig(**size)
        super().__init__(SegformerModel(config), channels=config.hidden_sizes, strides=_STRIDES)

    def maps(self, colours: Tensor) -> list[Tensor]:
        """See Encoder.maps."""
        found: list[Tensor] = []
        features = colours
        for stage in self.body.stages:
            features = stage(features)
            found.append(features)
        return found
