"""What both sides are given: synthetic hands in an image cache, and a network's settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from handseg.dataset.phantom import writer
from handseg.images.cache import CachedImage, ImageCache
from handseg.inference import device as devices
from handseg.settings import ModelSettings, PreprocessSettings, SplitSettings, TrainSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage.location import Location

MODELS = ("unet3plus_ds_2048", "unet3plus_ds_2048_eff")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How large the comparison is; the defaults are those of the report's networks."""

    people: int = 8
    """Each with two hands."""
    image_px: int = 2048
    input_px: int = 512
    output_px: int = 2048
    filters: list[int] = field(default_factory=list)
    """None takes the published ones."""
    batch_size: int = 4
    """Of the product; the plain form's is 1."""
    workers: int = 8
    warm: int = 6
    """Steps, and images, before the clock starts: compilation, cuDNN's search, workers."""
    steps: int = 40
    """Optimiser steps within the clock."""
    images: int = 48
    """Predicted within the clock."""
    matrix_side: int = 8192
    compile: bool = True


@dataclass(frozen=True)
class Case:
    """One network on one device, and a folder for the hands."""

    folder: Path
    model: str
    device: torch.device
    sizes: Sizes

    @property
    def settings(self) -> TrainSettings:
        """Of the product's training."""
        sizes = self.sizes
        return TrainSettings(
            model=ModelSettings(
                name=self.model,
                filters=sizes.filters,
                input_px=sizes.input_px,
                output_px=sizes.output_px,
            ),
            batch_size=sizes.batch_size,
            length=sizes.warm + sizes.steps,
            unit="steps",
            workers=sizes.workers,
            compile=sizes.compile,
        )

    @property
    def dtype(self) -> torch.dtype:
        """The precision that the product takes on the device."""
        return devices.choose_precision("auto", self.device)

    @cached_property
    def cache(self) -> ImageCache:
        """Both hands of every person, as `handseg preprocess` leaves them."""
        data, folds, cache = (self.folder / name for name in ("data", "folds.csv", "cache"))
        if not cache.exists():
            sizes, workers = self.sizes, max(1, self.sizes.workers)
            writer.write_dataset(
                data, people=sizes.people, size=sizes.image_px, seed=5, workers=workers
            )
            places = [Location(str(place)) for place in (data, folds, cache)]
            split(data=places[0], out=places[1], settings=SplitSettings(folds=2))
            preprocess(
                data=places[0], folds=places[1], out=places[2], settings=PreprocessSettings()
            )
        return ImageCache(cache)

    @property
    def names(self) -> list[str]:
        """Of all images."""
        return sorted(self.cache.people("train"))

    def stream(self, count: int) -> list[CachedImage]:
        """So many images, the same ones again where there are fewer."""
        names = self.names
        return [self.cache.read(names[i % len(names)]) for i in range(count)]


@contextmanager
def whole_float32() -> Iterator[None]:
    """Convolutions in float32 itself, which cuDNN rounds to TF32 by torch's default."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def wait_for(device: torch.device) -> None:
    """Until the device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
