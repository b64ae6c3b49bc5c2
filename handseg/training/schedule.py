"""When what is trained: image sizes, learning rate and validations, by optimiser step."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from handseg.settings import TrainSettings

_FINAL_RATE = 0.01
"""Linear decay ends at this part of the top rate."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The whole course of one training, fixed before its first step."""

    sizes_px: list[int]
    """Input side of each phase."""
    steps: list[int]
    """Optimiser steps of each phase."""
    fractions: list[float]
    """Part of the training that each phase is; of its time, where a length is given in minutes."""
    images: int
    """Training images, which make an epoch."""

    @property
    def total(self) -> int:
        """Optimiser steps in all."""
        return sum(self.steps)

    def size_at(self, step: int) -> int:
        """Input side at a 0-based step."""
        for size, end in zip(self.sizes_px, np.cumsum(self.steps), strict=True):
            if step < end:
                return size
        return self.sizes_px[-1]

    def done_after(self, step: int) -> float:
        """Part of the training that is over after a 0-based step, in (0, 1].

        Steps of a phase share its part equally: counted in minutes, a rate that falls evenly in
        time leaves the slow, large images their share of it.
        """
        done = 0.0
        for steps, fraction in zip(self.steps, self.fractions, strict=True):
            if step < steps:
                return done + fraction * (step + 1) / steps
            done, step = done + fraction, step - steps
        return 1.0


@dataclass(frozen=True)
class Draw:
    """One image of one batch, with everything random about it."""

    index: int
    """Into the training images."""
    input_px: int
    seed: tuple[int, ...]


def phases(settings: TrainSettings) -> tuple[list[int], list[float]]:
    """Input sides and the part of the training spent at each."""
    if settings.sizes_px:
        return settings.sizes_px, settings.sizes_fraction
    return [settings.model.input_px], [1.0]


def plan_steps(settings: TrainSettings, images: int, total: int) -> Plan:
    """Share a number of steps among the phases; each gets at least one."""
    sizes, fractions = phases(settings)
    ends = [round(total * part) for part in np.cumsum(fractions)]
    steps = [max(1, end - begin) for begin, end in zip([0, *ends], ends, strict=False)]
    return Plan(sizes_px=list(sizes), steps=steps, fractions=list(fractions), images=images)


def plan_counted(settings: TrainSettings, images: int) -> Plan:
    """Plan a length given in steps or epochs."""
    total = settings.length
    if settings.unit == "epochs":
        total = settings.length * images / settings.batch_size
    return plan_steps(settings, images, max(1, math.ceil(total - 1e-9)))


def plan_timed(
    settings: TrainSettings, images: int, step_seconds: list[float], left_s: float
) -> Plan:
    """Plan a length given in minutes.

    Args:
        settings: of the training.
        images: training images.
        step_seconds: measured seconds of a step at each phase's size.
        left_s: seconds there are for training.
    """
    sizes, fractions = phases(settings)
    steps = [
        max(1, int(left_s * part / seconds))
        for part, seconds in zip(fractions, step_seconds, strict=True)
    ]
    return Plan(sizes_px=list(sizes), steps=steps, fractions=list(fractions), images=images)


def learning_rate(settings: TrainSettings, plan: Plan, step: int) -> float:
    """Rate at a 0-based step: linear warm-up, then constant or linear to a hundredth."""
    done = plan.done_after(step)
    rate = settings.learning_rate
    if done < settings.warmup_fraction:
        return rate * done / settings.warmup_fraction
    if settings.schedule == "constant":
        return rate
    left = (1 - done) / max(1e-9, 1 - settings.warmup_fraction)
    return rate * (_FINAL_RATE + (1 - _FINAL_RATE) * left)


def batches(
    settings: TrainSettings, plan: Plan, *, start: int = 0, rank: int = 0, ranks: int = 1
) -> Iterator[list[Draw]]:
    """Yield the draws of each step from `start` on; a pure function of settings, plan and step.

    Each epoch is one permutation of the images; batches run across its end, so that every image
    is seen equally often. A process takes every `ranks`-th image of a batch.
    """
    orders: dict[int, list[int]] = {}
    for step in range(start, plan.total):
        batch = []
        for place in range(rank, settings.batch_size, ranks):
            epoch, within = divmod(step * settings.batch_size + place, plan.images)
            if epoch not in orders:
                generator = np.random.default_rng([settings.seed, epoch])
                orders = {k: v for k, v in orders.items() if k == epoch - 1}
                orders[epoch] = generator.permutation(plan.images).tolist()
            seed = (settings.seed, step, place)
            batch.append(Draw(orders[epoch][within], plan.size_at(step), seed))
        yield batch


def validates_after(settings: TrainSettings, plan: Plan, step: int) -> bool:
    """Whether a validation follows this 0-based step: every n epochs, and after the last."""
    every = settings.validate_every * plan.images / settings.batch_size
    return step + 1 == plan.total or int((step + 1) / every) > int(step / every)
