"""Dice of a network on the held-out fold at full size, and the classes' share of pixels."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch

from handseg import bones
from handseg.ensemble import voting
from handseg.findings import image
from handseg.findings.finding import Finding
from handseg.images.cache import ImageCache
from handseg.inference import predict
from handseg.masks import bitfield, dice, rle
from handseg.models.network import Network

T = TypeVar("T")
_THRESHOLD = 0.5
_LEAST_TRAINING, _ONE_IN, _MOST_TRAINING = 4, 8, 8
"""Training images that are scored beside the held-out ones: for one in so many of these."""
_RAREST = 1e-6
"""A class that the training images lack still needs a finite logit."""


def _go_on() -> None:
    """Let a validation go on."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A held-out image and its masks, as runs of every class in order."""

    name: str
    truth: list[rle.Runs]
    predicted: list[rle.Runs]


@dataclass(frozen=True, kw_only=True)
class Validated:
    """What one validation found."""

    dice_per_class: dict[str, float]
    """By name: mean over the held-out images at their own sizes."""
    train_dice: float
    """Mean over bones and some training images."""
    findings: list[Finding]
    """About the predictions of the held-out images."""
    shown: list[Seen]
    """The first held-out images, as many as were asked for."""

    @property
    def dice(self) -> float:
        """Mean over the bones of the held-out images."""
        return float(np.mean(list(self.dice_per_class.values())))


class Validation:
    """The held-out images and a few training images, with their truth as runs, rasterised once.

    The images are read again by every validation: those of a large fold would take gigabytes.
    """

    def __init__(
        self,
        cache: ImageCache,
        held_out: list[str],
        training: list[str],
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        some = min(len(training), max(_LEAST_TRAINING, len(held_out) // _ONE_IN), _MOST_TRAINING)
        chosen = [training[i] for i in np.linspace(0, len(training) - 1, some).astype(int)]
        self._cache = cache
        self._names = [*held_out, *chosen]
        self._held_out = len(held_out)
        self._device = device
        self._dtype = dtype
        self._truth: list[list[rle.Runs]] = []

    def measure(
        self, network: Network, *, each: Callable[[], None] = _go_on, show: int = 0
    ) -> Validated:
        """Score a network, and look at what it predicts.

        Args:
            network: on the device.
            each: called for every image; what it raises ends the validation.
            show: held-out images whose masks are wanted.
        """
        if not self._truth:
            images = _followed(self._cache.stream(self._names), each)
            self._truth = [bitfield.class_runs(i.polygons, i.pixels.shape) for i in images]
        images = self._cache.stream(self._names)
        answers = predict.predict(network, images, device=self._device, dtype=self._dtype)
        scores, findings, shown = [], list[Finding](), list[Seen]()
        with closing(answers):
            for tiles, truth in zip(_followed(answers, each), self._truth, strict=True):
                predicted = voting.vote([tiles], [1.0], _THRESHOLD)
                scores.append([dice.dice(p, t) for p, t in zip(predicted, truth, strict=True)])
                if len(scores) <= self._held_out:
                    findings += image.of_prediction(tiles.name, predicted, tiles.width, truth=truth)
                if len(scores) <= min(show, self._held_out):
                    shown.append(Seen(name=tiles.name, truth=truth, predicted=predicted))
        means = np.mean(scores[: self._held_out], axis=0).tolist()
        return Validated(
            dice_per_class=dict(zip(bones.NAMES, means, strict=True)),
            train_dice=float(np.mean(scores[self._held_out :])),
            findings=findings,
            shown=shown,
        )


def _followed(items: Iterator[T], each: Callable[[], None]) -> Iterator[T]:
    """Pass items on, and call a function before each."""
    for item in items:
        each()
        yield item


def prior(cache: ImageCache, names: list[str]) -> list[float]:
    """Each class's share of the pixels of these images, within (0, 1)."""
    shares = np.zeros(bones.COUNT)
    for name in names:
        record = cache.read(name)
        runs = bitfield.class_runs(record.polygons, record.pixels.shape)
        shares += [rle.area(r) / record.pixels.size for r in runs]
    return [float(share) for share in np.clip(shares / len(names), _RAREST, 1 - _RAREST)]
