"""A training says when it waits for its images, how much of its time, and what helps."""

import logging
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from handseg.images.cache import CachedImage
from handseg.settings import AugmentSettings, ModelSettings, TrainSettings
from handseg.training import data, schedule
from handseg.training.data import Batch, TrainingImages
from handseg.training.waiting import Waiting

BATCH = Batch(torch.zeros(1, 4, 4), torch.zeros(1, 4, 4, dtype=torch.int32), ["a.png"])


class Clock:
    """Stands still unless it is moved."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def batches(self, *seconds: float) -> Iterator[Batch]:
        for wait in seconds:
            self.now_s += wait
            yield BATCH

    def work(self, _: Batch) -> float:
        self.now_s += 3.0
        return 0.5


def test_the_share_is_of_waiting_and_working_without_the_first_batch() -> None:
    clock = Clock()
    waiting = Waiting(clock.batches(100.0, 1.0, 1.0), clock)
    assert [waiting.step(clock.work) for _ in range(3)] == [0.5] * 3
    # 2 x 1 s of 2 x (1 + 3) s
    assert waiting.end_period("m", 1) == 0.25


def test_every_period_is_its_own_and_what_lies_between_counts_for_none() -> None:
    clock = Clock()
    waiting = Waiting(clock.batches(0.0, 1.0, 7.0, 2.0), clock)
    for _ in range(3):
        waiting.step(clock.work)
    waiting.end_period("m", 1)
    clock.now_s += 1000.0
    waiting.step(clock.work)
    assert waiting.end_period("m", 1) == 0.4


def test_without_a_step_but_the_first_nothing_is_known() -> None:
    clock = Clock()
    waiting = Waiting(clock.batches(5.0), clock)
    assert waiting.end_period("m", 1) is None
    waiting.step(clock.work)
    assert waiting.end_period("m", 1) is None


@pytest.mark.parametrize(("wait_s", "warns"), [(0.7, False), (0.8, True)])
def test_it_warns_beyond_a_fifth_once_a_period(
    wait_s: float, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    # 0.75 s of 3.75 s are a fifth
    clock = Clock()
    waiting = Waiting(clock.batches(*[wait_s] * 12), clock)
    for _ in range(12):
        waiting.step(clock.work)
    with caplog.at_level(logging.WARNING):
        waiting.end_period("seed0", 3)
    assert len(caplog.messages) == warns
    if warns:
        assert caplog.messages[0].startswith(
            "seed0: 21 % of the steps' time was waiting for images"
        )
        assert "raise --settings.workers from 3" in caplog.messages[0]


def test_a_few_steps_are_no_reason_to_warn(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    waiting = Waiting(clock.batches(*[9.0] * 5), clock)
    for _ in range(5):
        waiting.step(clock.work)
    assert waiting.end_period("m", 1) == 0.75
    assert not caplog.messages


class SlowImages:
    """An image takes 20 ms to come."""

    def read(self, name: str) -> CachedImage:
        time.sleep(0.02)
        square = np.array([[2, 2], [9, 2], [9, 9], [2, 9]], np.int32)
        return CachedImage(name, "ID001", "train", np.zeros((32, 32), np.uint8), {0: [square]})


def test_slow_images_are_noticed(caplog: pytest.LogCaptureFixture) -> None:
    settings = TrainSettings(
        model=ModelSettings(name="unet", input_px=32, output_px=32),
        augment=AugmentSettings(grid_dropout=0.0),
        length=14,
        unit="steps",
    )
    images = TrainingImages(SlowImages(), ["a.png", "b.png"], settings)
    draws = schedule.batches(settings, schedule.plan_counted(settings, 2))
    waiting = Waiting(data.load(images, draws, workers=0, pin_memory=False))
    with caplog.at_level(logging.WARNING):
        for _ in range(14):
            waiting.step(lambda batch: float(batch.images.sum()))
        share = waiting.end_period("m", 0)
    assert share is not None and share > 0.5
    assert len(caplog.messages) == 1 and "waiting for images" in caplog.messages[0]
