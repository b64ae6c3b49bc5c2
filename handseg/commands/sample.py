"""A few images of a data set taken through the first stages, to see how long these take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from handseg.ahead import work_ahead
from handseg.dataset import annotations
from handseg.dataset.layout import ImageRecord
from handseg.eda import measures
from handseg.errors import BadInput
from handseg.images import reading
from handseg.images.cache import CacheWriter
from handseg.settings import PreprocessSettings
from handseg.stages import preprocess as stage

_SAMPLE = 6
"""Images: enough for all cores and a median's worth of batches, and a second of work."""


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What was measured."""

    read_s: float
    """Seconds an image to read and look through it, as check and eda do, on all cores."""
    preprocess_s: float
    """Seconds an image to preprocess it, on all cores."""
    cache_bytes_per_pixel: float
    cache: Path
    """Image cache of the sample, to be trained on."""


def take(records: Sequence[ImageRecord], settings: PreprocessSettings, folder: Path) -> Sampled:
    """Take some training images through.

    Args:
        records: of the data set.
        settings: of preprocess.
        folder: an empty folder; the sample's cache is left in it.

    Raises:
        BadInput: the data holds no training image, or one of the sample has faults.
    """
    training = [record for record in records if record.part == "train"]
    if not training:
        raise BadInput("the data holds no training image; give data with train/")
    chosen = [training[i * len(training) // _SAMPLE] for i in range(_SAMPLE)]
    chosen = list(dict.fromkeys(chosen))
    pixels = 0
    for record in chosen:
        height, width = reading.png_size(record.image_path)
        pixels += height * width
    read_s = _seconds(partial(_look, chosen))
    with CacheWriter(folder, {}, settings.compression) as writer:
        prepare = partial(stage.prepare, settings=settings, writer=writer)
        began = time.monotonic()
        for packed, _ in work_ahead(prepare, chosen):
            writer.write(packed)
        preprocess_s = time.monotonic() - began
    written = sum(path.stat().st_size for path in folder.iterdir())
    return Sampled(
        read_s=read_s / len(chosen),
        preprocess_s=preprocess_s / len(chosen),
        cache_bytes_per_pixel=written / pixels,
        cache=folder,
    )


def _look(records: Sequence[ImageRecord]) -> None:
    for _ in work_ahead(_measured, records):
        pass


def _measured(record: ImageRecord) -> None:
    image = reading.read_grey(record.image_path)
    polygons = None
    if record.annotation_path is not None:
        height, width = image.shape
        polygons = annotations.load(record.annotation_path, height=height, width=width)
    measures.of_image(record, image, polygons)


def _seconds(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
