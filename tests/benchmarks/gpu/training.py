"""Training: the product's steps on batches from its loader, against the plain form's."""

import gc
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch.nn.functional import cosine_similarity

from handseg.training import data, memory, schedule
from handseg.training.data import Batch, TrainingImages
from handseg.training.trainer import Trainer
from handseg.training.waiting import Waiting
from tests.benchmarks.gpu import line, plain, rate
from tests.benchmarks.gpu.case import Case, wait_for, whole_float32
from tests.benchmarks.gpu.line import Line
from tests.benchmarks.row import require

_SHARE, _WAIT = 0.25, 0.2
"""Goals: the least of the device's bf16 matrix rate; the most of the time that waits for data."""
_PRIOR = [0.01] * 29
_LOSS, _ROUNDED_LOSS, _COSINE = 1e-4, 0.05, 0.999
"""What the sides may differ by in float32; and the loss in the product's precision."""


@dataclass(frozen=True)
class Side:
    """What one side took."""

    images_per_s: float
    peak_bytes: int
    waited: float = 0.0
    """Part of its time that it waited for data."""


def measure(case: Case, matrix_rate: float) -> list[Line]:
    """Compare loss and gradients, then speed, memory and shares.

    Raises:
        Unequal: the sides differ; nothing was measured.
    """
    batch = next(_batches(case, 1))
    with whole_float32():
        operations = compare(case, batch)
    baseline, ours = _plain(case, batch), _product(case)
    name, of = case.model, "training of " + case.model
    each, count = "images/s", case.sizes.batch_size
    return [
        line.faster(
            f"gpu_train_speed_{name}", f"{of}: batches of {count} against 1", unit=each, goal=1,
            baseline=baseline.images_per_s, ours=ours.images_per_s,
        ),
        line.smaller(
            f"gpu_train_memory_{name}", f"{of}: peak memory of an image in a batch", unit="bytes",
            baseline=baseline.peak_bytes, ours=ours.peak_bytes / count, goal=1,
        ),
        line.share(
            f"gpu_train_share_{name}", f"{of}: part of the bf16 matrix rate, loss included",
            baseline=baseline.images_per_s * operations / matrix_rate,
            ours=ours.images_per_s * operations / matrix_rate, goal=_SHARE, aim="least",
        ),
        line.share(
            f"gpu_train_wait_{name}", f"{of}: part of the time that waits for data",
            ours=ours.waited, goal=_WAIT, aim="most",
        ),
    ]  # fmt: skip


def compare(case: Case, batch: Batch) -> int:
    """Loss and gradients of both sides on one image, and what there is to compute.

    Returns:
        Floating-point operations of a plain step.

    Raises:
        Unequal: they differ by more than rounding.
    """
    ours = _trainer(case, dtype=torch.float32)
    baseline = plain.Training(ours.network, batch, case.device)
    operations = rate.step_operations(baseline)
    # A second copy: counting has moved the first one's running statistics.
    baseline = plain.Training(ours.network, batch, case.device)
    expected, found = float(baseline.backward()), ours.step(batch, 0.0)
    require(abs(found - expected) <= _LOSS * expected, f"loss is {found}, plainly {expected}")
    gradients = [
        torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
        for network in (baseline.network, ours.network)
    ]
    cosine = float(cosine_similarity(gradients[0], gradients[1], dim=0))
    require(cosine >= _COSINE, f"the gradients' cosine is {cosine}")
    rounded = _trainer(case, dtype=case.dtype).step(batch, 0.0)
    require(
        abs(rounded - expected) <= _ROUNDED_LOSS * expected,
        f"loss is {rounded} in the product's precision, plainly {expected}",
    )
    return operations


def _plain(case: Case, batch: Batch) -> Side:
    network = _trainer(case, dtype=torch.float32, compiled=False).network
    training = plain.Training(network, batch, case.device)
    del network
    _begin(case)
    for _ in range(case.sizes.warm):
        training.step()
    seconds = []
    for _ in range(case.sizes.steps):
        begun = time.perf_counter()
        training.step()
        wait_for(case.device)
        seconds.append(time.perf_counter() - begun)
    return Side(1 / statistics.median(seconds), memory.peak_bytes(case.device))


def _product(case: Case) -> Side:
    trainer = _trainer(case, dtype=case.dtype)
    _begin(case)
    waiting = Waiting(_batches(case, case.sizes.batch_size))
    step = partial(trainer.step, rate=1e-4)
    for _ in range(case.sizes.warm):
        waiting.step(step)
    waiting.end_period(case.model, case.sizes.workers)
    wait_for(case.device)
    begun = time.perf_counter()
    for _ in range(case.sizes.steps):
        waiting.step(step)
    wait_for(case.device)
    seconds = time.perf_counter() - begun
    waited = waiting.end_period(case.model, case.sizes.workers)
    images = case.sizes.steps * case.sizes.batch_size
    return Side(images / seconds, memory.peak_bytes(case.device), waited or 0.0)


def _trainer(case: Case, *, dtype: torch.dtype, compiled: bool = True) -> Trainer:
    settings = replace(case.settings, compile=compiled and case.sizes.compile)
    return Trainer(settings, device=case.device, dtype=dtype, prior=_PRIOR)


def _batches(case: Case, size: int) -> Iterator[Batch]:
    settings = replace(case.settings, batch_size=size)
    images = TrainingImages(case.cache, case.names, settings)
    draws = schedule.batches(settings, schedule.plan_counted(settings, len(case.names)))
    return data.load(
        images, draws, workers=case.sizes.workers, pin_memory=case.device.type == "cuda"
    )


def _begin(case: Case) -> None:
    """Leave the device to one side alone."""
    gc.collect()
    if case.device.type == "cuda":
        torch.cuda.empty_cache()
    memory.start(case.device)
