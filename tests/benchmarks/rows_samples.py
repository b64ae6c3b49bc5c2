"""Training samples."""

from collections.abc import Callable

import albumentations as A  # noqa: N812
import cv2
import numpy as np
import torch
from PIL import Image

from handseg.dataset import annotations
from handseg.images import adjustments, reading
from handseg.images.cache import CachedImage, ImageCache
from handseg.settings import AugmentSettings, ModelSettings, PreprocessSettings, TrainSettings
from handseg.training.data import TrainingImages
from handseg.training.schedule import Draw
from tests.benchmarks.case import SIDE, Case
from tests.benchmarks.row import Row, require
from tests.benchmarks.rows_images import Sample, cache_of
from tests.benchmarks.rows_masks import masks_of_json

_AUGMENT = AugmentSettings(flip=1.0, rotate=1.0, rotate_degrees=10.0, grid_dropout=1.0)
_DRAW_SEED = (1, 2)


class _FromFiles:
    """Reads, sharpens and parses an image each time it is asked for."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def read(self, name: str) -> CachedImage:
        record = self._case.record
        pixels = adjustments.adjust(reading.read_grey(record.image_path), PreprocessSettings())
        truth = annotations.load(self._case.annotation_path, height=SIDE, width=SIDE)
        return CachedImage(name, record.person, record.part, pixels, truth)


def _sample_as_written_today(
    input_px: int, output_px: int
) -> Callable[[Case], Callable[[], object]]:
    def prepare(case: Case) -> Callable[[], object]:
        steps = [A.HorizontalFlip(p=1.0), A.Rotate(limit=10, p=1.0), A.GridDropout(p=1.0)]
        augmented = A.Compose([*steps, A.Resize(output_px, output_px)])

        def make() -> Sample:
            image = np.asarray(Image.open(case.record.image_path))
            changed = augmented(image=image, mask=masks_of_json(case))
            small = cv2.resize(changed["image"], (input_px, input_px), interpolation=cv2.INTER_AREA)
            pixels = torch.from_numpy(small.transpose(2, 0, 1)).float() / 255
            target = torch.from_numpy(changed["mask"].transpose(2, 0, 1)).float().contiguous()
            return Sample(pixels.numpy(), target.numpy())

        return make

    return prepare


def _sample(output_px: int, *, cached: bool) -> Callable[[Case], Callable[[], object]]:
    def prepare(case: Case) -> Callable[[], object]:
        settings = TrainSettings(
            model=ModelSettings(input_px=512, output_px=output_px), augment=_AUGMENT
        )
        source = ImageCache(cache_of(case)) if cached else _FromFiles(case)
        images = TrainingImages(source, [case.record.name], settings)
        draw = Draw(0, 512, _DRAW_SEED)
        return lambda: images[draw]

    return prepare


def _same_kind(_: Case, baseline: object, ours: object) -> None:
    if not isinstance(baseline, Sample) or not isinstance(ours, tuple):
        raise TypeError("two samples expected")
    image, target, _name = ours
    require(image.shape == baseline.image.shape[-2:], "the images' sides differ")
    require(target.shape == baseline.target.shape[-2:], "the targets' sides differ")
    # Both are drawn at random: the bones cover as much of either, to the holes and the frame.
    covered = [float((t != 0).mean()) for t in (baseline.target.max(axis=0), target)]
    require(abs(covered[0] - covered[1]) < 0.3 * covered[0], f"bones cover {covered}")


ROWS = (
    Row(
        name="sample_2048",
        about="a training sample, 512 in and 2048 out, from PNG and JSON",
        goal=30,
        baseline=_sample_as_written_today(512, 2048),
        ours=_sample(2048, cached=False),
        same=_same_kind,
        calls=(TrainingImages.__getitem__,),
    ),
    Row(
        name="sample_2048_cache",
        about="the same from the image cache",
        goal=80,
        baseline=_sample_as_written_today(512, 2048),
        ours=_sample(2048, cached=True),
        same=_same_kind,
        calls=(TrainingImages.__getitem__,),
    ),
    Row(
        name="sample_512",
        about="a training sample, 512 in and out, from the image cache",
        goal=80,
        baseline=_sample_as_written_today(512, 512),
        ours=_sample(512, cached=True),
        same=_same_kind,
        calls=(TrainingImages.__getitem__,),
    ),
)
