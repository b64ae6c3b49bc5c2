"""Dice of a network on the held-out fold at full size, and the classes' share of pixels."""

import numpy as np
import torch

from handseg import bones
from handseg.ensemble import voting
from handseg.images.cache import ImageCache
from handseg.inference import predict
from handseg.masks import bitfield, dice, rle
from handseg.models.network import Network

_THRESHOLD = 0.5
_RAREST = 1e-6
"""A class that the training images lack still needs a finite logit."""


class Validation:
    """The held-out images with their truth as runs, rasterised once."""

    def __init__(
        self, cache: ImageCache, names: list[str], device: torch.device, dtype: torch.dtype
    ) -> None:
        self._images = [cache.read(name) for name in names]
        self._device = device
        self._dtype = dtype
        self._truth: list[list[rle.Runs]] = []

    def measure(self, network: Network) -> dict[str, float]:
        """Dice of each class, by name, as a mean over the images at their own sizes."""
        if not self._truth:
            self._truth = [bitfield.class_runs(i.polygons, i.pixels.shape) for i in self._images]
        found = predict.predict(network, self._images, device=self._device, dtype=self._dtype)
        scores = [
            [
                dice.dice(predicted, true)
                for predicted, true in zip(
                    voting.vote([tiles], [1.0], _THRESHOLD), truth, strict=True
                )
            ]
            for tiles, truth in zip(found, self._truth, strict=True)
        ]
        return dict(zip(bones.NAMES, np.mean(scores, axis=0).tolist(), strict=True))


def prior(cache: ImageCache, names: list[str]) -> list[float]:
    """Each class's share of the pixels of these images, within (0, 1)."""
    shares = np.zeros(bones.COUNT)
    for name in names:
        image = cache.read(name)
        runs = bitfield.class_runs(image.polygons, image.pixels.shape)
        shares += [rle.area(r) / image.pixels.size for r in runs]
    return [float(share) for share in np.clip(shares / len(names), _RAREST, 1 - _RAREST)]
