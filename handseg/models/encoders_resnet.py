"""ResNet (He et al. 2016) as an encoder, optionally dilated."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from transformers import ResNetConfig, ResNetModel

from handseg.models.encoders import Encoder


class ResNetMaps(Encoder):
    """Maps of strides 2 (stem), 4, 8, 16 and 32, the last ones less where dilated.

    Args:
        size: arguments of ResNetConfig.
        output_stride: 32, 16 or 8.
    """

    body: ResNetModel

    def __init__(self, size: Mapping[str, Any], *, output_stride: int = 32) -> None:
        config = ResNetConfig(**size)
        body = ResNetModel(config)
        strides = [min(stride, output_stride) for stride in (2, 4, 8, 16, 32)]
        dilation = 1
        for stage, stride in zip(body.encoder.stages, (4, 8, 16, 32), strict=True):
            if stride > output_stride:
                _dilate(stage, before=dilation, after=2 * dilation)
                dilation *= 2
        channels = [config.embedding_size, *(config.hidden_sizes or ())]
        super().__init__(body, channels=channels, strides=strides)

    def maps(self, colours: Tensor) -> list[Tensor]:
        """See Encoder.maps."""
        found = [self.body.embedder.embedder(colours)]
        features = self.body.embedder.pooler(found[0])
        for stage in self.body.encoder.stages:
            features = stage(features)
            found.append(features)
        return found


def _dilate(stage: nn.Module, *, before: int, after: int) -> None:
    """Take a stage's halving away and widen its 3x3 kernels instead (Chen et al. 2017).

    The convolution that halved keeps the dilation that its input has, as in torchvision, so that
    published dilated weights mean the same here.
    """
    for module in stage.modules():
        if not isinstance(module, nn.Conv2d):
            continue
        dilation = before if module.stride == (2, 2) else after
        module.stride = (1, 1)
        if module.kernel_size == (3, 3):
            module.dilation = module.padding = (dilation, dilation)
