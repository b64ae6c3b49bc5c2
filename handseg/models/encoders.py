"""What a network needs of an encoder: feature maps of several strides from images.

The layers come from Hugging Face transformers, which takes 2 s to import: each family's module is
imported when it is asked for.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from handseg.images.normalise import MEAN, STANDARD_DEVIATION
from handseg.models.encoder_sizes import SIZES

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STANDARD_DEVIATION = (0.229, 0.224, 0.225)
"""Of red, green and blue in [0, 1]: what all published weights were trained with."""

_FAMILIES = {
    "resnet": "handseg.models.encoders_resnet:ResNetMaps",
    "efficientnet": "handseg.models.encoders_efficientnet:EfficientNetMaps",
    "swin": "handseg.models.encoders_stages:SwinMaps",
    "convnext": "handseg.models.encoders_stages:ConvNextMaps",
    "mit": "handseg.models.encoders_stages:MitMaps",
}
_DILATED = ("resnet",)


class ImageNetColours(nn.Module):
    """From the images that every network of ours takes to what published weights were trained on.

    A grey X-ray comes as three equal channels, normalised by the data set's mean and standard
    deviation; out come the same three channels in ImageNet's normalisation of red, green and blue.
    """

    factor: Tensor
    offset: Tensor

    def __init__(self) -> None:
        super().__init__()
        deviation = torch.tensor(_IMAGENET_STANDARD_DEVIATION).view(1, 3, 1, 1)
        mean = torch.tensor(_IMAGENET_MEAN).view(1, 3, 1, 1)
        # Not among the weights: files of published ones have none of them.
        self.register_buffer("factor", STANDARD_DEVIATION / deviation, persistent=False)
        self.register_buffer("offset", (MEAN - mean) / deviation, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Float (B, 3, h, w) as `normalise.to_tensor` gives them, to the same shape."""
        return torch.addcmul(self.offset, images, self.factor)


class Encoder(nn.Module):
    """Feature maps of several strides, from the images that every network of ours takes.

    The images go through ImageNetColours whether the weights are pretrained or not, so that a
    checkpoint means the same whatever it started from.

    Args:
        body: the library's model, whose initial weights are kept.
        channels: of each map, finest first.
        strides: input pixels per cell of each map, finest first.
    """

    channels: list[int]
    """Channels of each map, finest first."""
    strides: list[int]
    """Input pixels along each side of a cell of each map, finest first."""
    body: nn.Module
    """The library's model, by whose names pretrained weights are stored."""

    def __init__(self, body: nn.Module, *, channels: Sequence[int], strides: Sequence[int]) -> None:
        super().__init__()
        self.colours = ImageNetColours()
        self.body = body
        self.channels, self.strides = list(channels), list(strides)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Feature maps of images.

        Args:
            images: float (B, 3, h, w) as `normalise.to_tensor` gives them; h and w multiples of
                the last stride.

        Returns:
            One float (B, channels[k], h / strides[k], w / strides[k]) per map, finest first.
        """
        return self.maps(self.colours(images))

    def maps(self, colours: Tensor) -> list[Tensor]:
        """Feature maps of images in ImageNet's normalisation; see forward."""
        raise NotImplementedError


def encoder(family: str, size: str, *, output_stride: int = 32) -> Encoder:
    """An encoder with the initial weights of its paper.

    Args:
        family: resnet, efficientnet, swin, convnext or mit (SegFormer's).
        size: a key of the family in `encoder_sizes.SIZES`.
        output_stride: input pixels per cell of the deepest map; below 32 the last stages are
            dilated instead of halved (Chen et al. 2017), in resnet alone.

    Raises:
        ValueError: there is no such family or size, or the family cannot be dilated.
    """
    if size not in SIZES.get(family, {}):
        known = {name: list(sizes) for name, sizes in SIZES.items()}
        raise ValueError(f"no encoder is called {family} {size}; choose one of {known}")
    if output_stride != 32 and (family not in _DILATED or output_stride not in (8, 16)):
        raise ValueError(f"an encoder {family} has no output stride {output_stride}; leave it out")
    module, name = _FAMILIES[family].split(":")
    options: dict[str, Any] = {"output_stride": output_stride} if family in _DILATED else {}
    made: Encoder = getattr(import_module(module), name)(SIZES[family][size], **options)
    return made
