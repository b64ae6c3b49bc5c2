"""How many steps a training takes: counted, or timed on a network thrown away."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from handseg.settings import TrainSettings
from handseg.training import distributed, schedule
from handseg.training.data import Batch
from handseg.training.schedule import Plan
from handseg.training.trainer import Trainer

_WARM, _TIMED = 2, 4
"""Steps at each size that warm up, and that are timed."""


def plan(
    settings: TrainSettings,
    images: int,
    *,
    probe: Callable[[], Trainer],
    load: Callable[[Plan], Iterator[Batch]],
    device: torch.device,
    began: float,
) -> Plan:
    """Plan a training; one whose length is in minutes takes some steps at each size first.

    Args:
        settings: of the training.
        images: training images.
        probe: makes a network to be timed and thrown away.
        load: gives the batches of a plan.
        device: where it trains; all processes of the group share the slowest's times.
        began: time.monotonic() when the training's time began, which calibration is a part of.
    """
    if settings.unit != "minutes":
        return schedule.plan_counted(settings, images)
    trainer = probe()
    sizes, _ = schedule.phases(settings)
    seconds = [seconds_per_step(trainer, load, settings, size, images) for size in sizes]
    left_s = settings.length * 60 - (time.monotonic() - began)
    shared = distributed.share([*seconds, left_s], device)
    return schedule.plan_timed(settings, images, shared[:-1], max(1.0, shared[-1]))


def seconds_per_step(
    probe: Trainer,
    load: Callable[[Plan], Iterator[Batch]],
    settings: TrainSettings,
    size: int,
    images: int,
) -> float:
    """Median seconds of a step at one size, data included.

    Args:
        probe: is trained by some steps, and to be thrown away.
        load: gives the batches of a plan.
        settings: of the training.
        size: input side, in pixels.
        images: training images.
    """
    steps = Plan(sizes_px=[size], steps=[_WARM + _TIMED], fractions=[1.0], images=images)
    ends = [time.monotonic()]
    for batch in load(steps):
        probe.step(batch, settings.learning_rate * 1e-3)
        ends.append(time.monotonic())
    return float(np.median(np.diff(ends)[_WARM:]))
