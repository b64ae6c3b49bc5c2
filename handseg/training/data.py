"""Training samples from the image cache: augmented image and packed target, one at a time."""

from collections.abc import Generator, Iterable
from fractions import Fraction
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from handseg.images import augment, copy_paste, elastic
from handseg.images.cache import CachedImage
from handseg.images.copy_paste import Patch
from handseg.settings import TrainSettings
from handseg.training import worker_processes
from handseg.training.pose import Pose
from handseg.training.schedule import Draw
from handseg.training.shared_memory import PREFETCH

_KEPT_BYTES = 2**28
"""All images of one size are kept in memory up to this; shrinking 2048 pixels costs more than a
step of a small network."""
_ELASTIC, _PASTE = 1, 2
"""Which stream of a draw's seed each takes, so that wanting one changes no draw of another."""


class Images(Protocol):
    """What holds the images, such as the image cache."""

    def read(self, name: str) -> CachedImage:
        """One image."""


class Batch(NamedTuple):
    """What one optimiser step sees."""

    images: Tensor
    """uint8 (B, input_px, input_px)."""
    target: Tensor
    """int32 (B, output_px, output_px) bit fields, or uint8 (B, 29, output_px, output_px) coverage
    in 255ths."""
    names: list[str]


Batches: TypeAlias = Generator[Batch, None, None]
"""Closed, it ends the processes that prepare them."""


class TrainingImages(Dataset[tuple[NDArray[np.uint8], NDArray[np.generic], str]]):
    """The images of the training folds; what is random about a sample comes with its draw."""

    def __init__(self, images: Images, names: list[str], settings: TrainSettings) -> None:
        """Begin.

        Args:
            images: hold every one of the names.
            names: of the training images; other bones are pasted from among them alone.
            settings: of the training.

        Raises:
            BadInput: copy_paste_bones names no bone of the data set.
        """
        self._images = images
        self._names = names
        self._settings = settings
        self._scale = Fraction(settings.model.output_px, settings.model.input_px)
        self._recipe = augment.pixel_recipe(settings.augment)
        # The default names bones of the hand: of another list only those asked for are looked up.
        pasted = settings.augment.copy_paste_bones if settings.augment.copy_paste else []
        self._pasted = copy_paste.class_ids(pasted)
        self._shrunk: dict[tuple[str, int], NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, draw: Draw) -> tuple[NDArray[np.uint8], NDArray[np.generic], str]:
        """Prepare one sample.

        Geometry happens at the output's size, where image and target have the same shape; the
        image is shrunk by area to the input's size last, since plain bilinear shrinking aliases.
        """
        record = self._images.read(self._names[draw.index])
        settings, side = self._settings.augment, int(draw.input_px * self._scale)
        affine = augment.draw_affine(np.random.default_rng(draw.seed), settings, side)
        field = elastic.draw(np.random.default_rng([*draw.seed, _ELASTIC]), settings, side)
        pose = Pose(side=side, affine=affine, field=field)
        image = pose.image(self._base(record, side))
        target = pose.target(record.polygons, record.pixels.shape, self._settings.target)
        image, target = self._with_pasted(image, target, draw)
        if self._recipe is not None:
            seed = int(np.random.SeedSequence(draw.seed).generate_state(1)[0])
            image, target = augment.apply_pixels(self._recipe, image, target, seed)
        if self._settings.target == "coverage":
            packed: NDArray[np.generic] = np.ascontiguousarray(target.transpose(2, 0, 1))
        else:
            packed = np.ascontiguousarray(target).view(np.int32)[..., 0]
        return _resize(image, draw.input_px), packed, record.name

    def _with_pasted(
        self, image: NDArray[np.uint8], target: NDArray[np.uint8], draw: Draw
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Paste bones of another training image, or of this one where there is no other."""
        generator = np.random.default_rng([*draw.seed, _PASTE])
        if generator.random() >= self._settings.augment.copy_paste:
            return image, target
        others = max(1, len(self._names) - 1)
        index = (draw.index + 1 + int(generator.integers(others))) % len(self._names)
        donor = self._images.read(self._names[index])
        patches = self._patches(donor, len(image), generator)
        return copy_paste.paste(image, target, patches, generator)

    def _patches(
        self, donor: CachedImage, side: int, generator: np.random.Generator
    ) -> list[Patch]:
        """The bones to paste, each group that overlaps in one, moved as the donor is at random."""
        wanted = {c: donor.polygons[c] for c in self._pasted if c in donor.polygons}
        affine = augment.draw_affine(generator, self._settings.augment, side)
        pose, shape = Pose(side=side, affine=affine), donor.pixels.shape
        image = pose.image(self._base(donor, side))
        field = pose.target(wanted, shape, "bitfield").view(np.int32)[..., 0]
        found = []
        for group in copy_paste.groups(field):
            target = pose.target({c: wanted[c] for c in group}, shape, self._settings.target)
            found.append(copy_paste.cut(image, target, self._opacity(target)))
        return [patch for patch in found if patch is not None]

    def _opacity(self, target: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """How much of each pixel is bone, in 255ths, of a target that a pose gave."""
        if self._settings.target == "coverage":
            return np.asarray(target.max(axis=2), np.uint8)
        bone = target.view(np.int32)[..., 0] != 0
        return np.asarray(bone.astype(np.uint8) * 255, np.uint8)

    def _base(self, record: CachedImage, side: int) -> NDArray[np.uint8]:
        """The image at the side where geometry happens; small ones are shrunk once and kept."""
        key = record.name, side
        if key in self._shrunk:
            return self._shrunk[key]
        base = _resize(record.pixels, side)
        if base.nbytes * len(self._names) <= _KEPT_BYTES:
            self._shrunk[key] = base
        return base


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


def load(
    dataset: TrainingImages, batches: Iterable[list[Draw]], *, workers: int, pin_memory: bool
) -> Batches:
    """Iterate over the batches of draws in order.

    Args:
        dataset: the images.
        batches: the draws of each step.
        workers: processes that prepare samples; 0 does it here.
        pin_memory: True where a GPU takes the batches.

    Raises:
        HandsegError: what preparing a sample raised, here or in a worker.
    """
    loader = DataLoader(
        worker_processes.Answering(dataset),
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=partial(worker_processes.join, _collate),
        pin_memory=pin_memory,
        worker_init_fn=worker_processes.start,
        prefetch_factor=PREFETCH if workers else None,
    )
    return worker_processes.raising(iter(loader))
