"""Training samples from the image cache: augmented image and packed target, one at a time."""

import signal
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from handseg.images import augment
from handseg.images.cache import CachedImage, ImageCache
from handseg.masks import bitfield
from handseg.settings import TrainSettings
from handseg.training.schedule import Draw

_KEPT_BYTES = 2**28
"""All images of one size are kept in memory up to this; shrinking 2048 pixels costs more than a
step of a small network."""


class Batch(NamedTuple):
    """What one optimiser step sees."""

    images: Tensor
    """uint8 (B, input_px, input_px)."""
    target: Tensor
    """int32 (B, output_px, output_px) bit fields, or uint8 (B, 29, output_px, output_px) coverage
    in 255ths."""
    names: list[str]


class TrainingImages(Dataset[tuple[NDArray[np.uint8], NDArray[np.generic], str]]):
    """The images of the training folds; what is random about a sample comes with its draw."""

    def __init__(self, cache: ImageCache, names: list[str], settings: TrainSettings) -> None:
        self._cache = cache
        self._names = names
        self._settings = settings
        self._scale = Fraction(settings.model.output_px, settings.model.input_px)
        self._recipe = augment.pixel_recipe(settings.augment)
        self._shrunk: dict[tuple[str, int], NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, draw: Draw) -> tuple[NDArray[np.uint8], NDArray[np.generic], str]:
        """Prepare one sample.

        Geometry happens at the output's size, where image and target have the same shape; the
        image is shrunk by area to the input's size last, since plain bilinear shrinking aliases.
        """
        record = self._cache.read(self._names[draw.index])
        side = int(draw.input_px * self._scale)
        affine = augment.draw_affine(np.random.default_rng(draw.seed), self._settings.augment, side)
        image = augment.warp(self._base(record, side), affine)
        target = self._target(record, affine, side)
        if self._recipe is not None:
            seed = int(np.random.SeedSequence(draw.seed).generate_state(1)[0])
            image, target = augment.apply_pixels(self._recipe, image, target, seed)
        if self._settings.target == "coverage":
            packed: NDArray[np.generic] = np.ascontiguousarray(target.transpose(2, 0, 1))
        else:
            packed = np.ascontiguousarray(target).view(np.int32)[..., 0]
        return _resize(image, draw.input_px), packed, record.name

    def _base(self, record: CachedImage, side: int) -> NDArray[np.uint8]:
        """The image at the side where geometry happens; small ones are shrunk once and kept."""
        key = record.name, side
        if key in self._shrunk:
            return self._shrunk[key]
        base = _resize(record.pixels, side)
        if base.nbytes * len(self._names) <= _KEPT_BYTES:
            self._shrunk[key] = base
        return base

    def _target(
        self, record: CachedImage, affine: NDArray[np.float64], side: int
    ) -> NDArray[np.uint8]:
        """Rasterise the truth: uint8 (side, side, 29) coverage, or the bit field's four bytes."""
        shape = record.pixels.shape
        matrix = augment.compose(bitfield.scaling(shape, (side, side)), affine)
        if self._settings.target == "coverage":
            oversample = max(1, round(max(shape) / side))
            planes = bitfield.coverage(
                record.polygons, (side, side), matrix=matrix, oversample=oversample
            )
            return planes.transpose(1, 2, 0)
        field = bitfield.rasterise(record.polygons, (side, side), matrix=matrix)
        return field[..., None].view(np.uint8)


def _resize(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Stretch to a square: by area where it shrinks, bilinear where it grows."""
    height, width = image.shape
    if image.shape == (side, side):
        return image
    if min(height, width) < side:
        grown = cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)
        return np.asarray(grown, np.uint8)
    # OpenCV shrinks by whole factors ten times faster than by others: most of the way first
    factor = min(height, width) // (2 * side)
    if factor > 1 and height % factor == 0 and width % factor == 0:
        size = (width // factor, height // factor)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _collate(samples: list[tuple[NDArray[np.uint8], NDArray[np.generic], str]]) -> Batch:
    images, targets, names = zip(*samples, strict=True)
    return Batch(torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(targets)), [*names])


def _start_worker(_worker: int) -> None:
    # OpenCV's own threads in every worker would fight with the network's over the same cores
    cv2.setNumThreads(0)
    # the training process notes SIGTERM and saves first; a worker has nothing to save
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def load(
    dataset: TrainingImages, batches: Iterable[list[Draw]], *, workers: int, pin_memory: bool
) -> Iterator[Batch]:
    """Iterate over the batches of draws in order.

    Args:
        dataset: the images.
        batches: the draws of each step.
        workers: processes that prepare samples; 0 does it here.
        pin_memory: True where a GPU takes the batches.
    """
    loader = DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=_collate,
        pin_memory=pin_memory,
        worker_init_fn=_start_worker,
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)
