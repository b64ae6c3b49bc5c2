"""How fast a training would go here, from a few steps of it on a few images."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from handseg import bones
from handseg.images.cache import ImageCache
from handseg.inference import device as devices
from handseg.settings import TrainSettings
from handseg.training import calibration, data, memory, schedule, validation
from handseg.training.data import Batch
from handseg.training.schedule import Plan
from handseg.training.trainer import Trainer

_PRIOR = 0.005
"""A bone's share of the pixels, roughly: what the heads start at changes no time."""


@dataclass(frozen=True, kw_only=True)
class TrainingRates:
    """What was measured, on the device that the training would take."""

    device: str
    step_s: list[float]
    """Seconds of a step at each size of the schedule, data included."""
    image_s: float
    """Seconds to predict one image at its own size and score it, as a validation does."""
    parameters: int
    peak_bytes: int
    """Of this process, or of the GPU where there is one."""


def measure(cache: ImageCache, settings: TrainSettings) -> TrainingRates:
    """Take some steps at each size, and validate once.

    Args:
        cache: of a few training images of the data's size.
        settings: of the training.

    Raises:
        BadInput: the network cannot be built so, or a GPU is asked for and absent.
        OutOfGpuMemory: the batch is too large; names batch and size.
    """
    device = devices.choose_device(settings.device)
    dtype = devices.choose_precision(settings.precision, device)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    memory.start(device)
    names = cache.names("train")
    images = data.TrainingImages(cache, names, settings)
    trainer = Trainer(settings, device=device, dtype=dtype, prior=[_PRIOR] * bones.COUNT)

    def load(plan: Plan) -> Iterator[Batch]:
        draws = schedule.batches(settings, plan)
        pinned = device.type == "cuda"
        return data.load(images, draws, workers=settings.workers, pin_memory=pinned)

    sizes, _ = schedule.phases(settings)
    step_s = [
        calibration.seconds_per_step(trainer, load, settings, size, len(names)) for size in sizes
    ]
    validated = validation.Validation(cache, names, names[:1], device=device, dtype=dtype)
    validated.measure(trainer.best_network)  # draws the truth and warms up
    began = time.monotonic()
    validated.measure(trainer.best_network)
    return TrainingRates(
        device=devices.describe(device, dtype),
        step_s=step_s,
        image_s=(time.monotonic() - began) / (len(names) + 1),
        parameters=sum(p.numel() for p in trainer.network.parameters()),
        peak_bytes=memory.peak_bytes(device),
    )
