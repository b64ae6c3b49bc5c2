"""Train one member: every step, validation and checkpoint between an empty folder and its card."""

import logging
import time
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from handseg import progress
from handseg.errors import HandsegError
from handseg.findings.finding import counted
from handseg.inference import compiled
from handseg.inference import device as devices
from handseg.training import (
    calibration,
    data,
    distributed,
    memory,
    non_finite,
    resume,
    schedule,
    start,
    stopping,
    trained,
    validation,
    watch,
    worker_processes,
)
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from handseg.training.resume import Progress
from handseg.training.task import Task
from handseg.training.tracked import Tracked
from handseg.training.trained import Trained
from handseg.training.trainer import Trainer
from handseg.training.waiting import Waiting

logger = logging.getLogger(__name__)


def train(task: Task) -> Trained | None:
    """Train, resuming what an earlier process left in the folder.

    Returns:
        On process 0, when the folder is ready to be published; None on the other processes.

    Raises:
        BadInput: the fold is unknown, or a person is on both sides of it; or the folder holds a
            training begun otherwise.
        NonFiniteLoss: no checkpoint was overwritten.
        WorkerLost: a process that prepares images died.
        Terminated, TimedOut: the process was asked to end, or its limit was reached; the state was
            saved first.
    """
    names, held_out = task.sides()
    device = distributed.local_device(devices.choose_device(task.settings.device))
    if task.settings.threads:
        torch.set_num_threads(task.settings.threads)
    with distributed.group(device):
        if task.settings.compile:
            compiled.require(device)
        with worker_processes.explaining(task.name):
            course = _Course(task, names, held_out, device)
            with task.ending.noticing_sigterm(), course.tracked.followed():
                course.run()
            return course.finish() if distributed.rank() == 0 else None


class _Course:
    """One training from its first (or first new) step to its last."""

    def __init__(
        self, task: Task, names: list[str], held_out: list[str], device: torch.device
    ) -> None:
        self._task = task
        self._settings = task.settings
        self._device = device
        self._dtype = devices.choose_precision(task.settings.precision, device)
        self._images = data.TrainingImages(task.cache, names, task.settings)
        self._validation = validation.Validation(
            task.cache, held_out, names, device=device, dtype=self._dtype
        )
        self._described = devices.describe(device, self._dtype)
        memory.start(device)
        self._began = time.monotonic()
        found = resume.load(task.folder)
        if found is None:
            self._progress = self._start(start.prepare(task, names, held_out), len(names))
        else:
            self._progress, tensors = resume.admitted(found[0], task), found[1]
            self._trainer = self._new_trainer(self._progress.prior)
            self._trainer.load(tensors)
            logger.info("%s: resumed at step %d", task.name, self._progress.step)
        self.tracked = Tracked(task, self._progress)

    def _new_trainer(self, prior: list[float]) -> Trainer:
        return Trainer(self._settings, device=self._device, dtype=self._dtype, prior=prior)

    def _start(self, known: start.Start, images: int) -> Progress:
        self._trainer = self._new_trainer(known.prior)
        origin = start.weights(self._task, known, self._trainer)
        plan = calibration.plan(
            self._settings,
            images,
            probe=lambda: self._new_trainer(known.prior),
            load=self._load,
            device=self._device,
            began=self._began,
        )
        model = self._settings.model
        logger.info(
            "%s: %s, %d images, %d steps at %s px on %s",
            self._task.name, model.name, images, plan.total,
            ", ".join(map(str, plan.sizes_px)), self._described,
        )  # fmt: skip
        return Progress(
            step=0, seconds=0.0, plan=plan, prior=known.prior, best_step=0, best_weights="",
            best_dice_per_class={}, history=[], laps=[], identity=self._task.identity,
            seen=known.seen, warm_start=origin, findings=known.findings,
        )  # fmt: skip

    def _load(self, plan: schedule.Plan, start: int = 0) -> data.Batches:
        draws = schedule.batches(
            self._settings, plan, start=start,
            rank=distributed.rank(), ranks=distributed.ranks(),
        )  # fmt: skip
        return data.load(
            self._images, draws, workers=self._settings.workers,
            pin_memory=self._device.type == "cuda",
        )  # fmt: skip

    def run(self) -> None:
        """Take every step that is left, unless it is to end before."""
        # Closed at once, and not when what refers to it is: a worker that Python has to end when
        # this process does takes its grace for SIGTERM.
        with closing(self._load(self._progress.plan, start=self._progress.step)) as batches:
            self._take_steps(Waiting(batches))

    def _take_steps(self, waiting: Waiting) -> None:
        plan, saved = self._progress.plan, time.monotonic()
        since = saved - self._progress.seconds
        if self._owes_validation() and (end := self._validated(since, waiting)):
            raise end
        left = range(self._progress.step, plan.total)
        for step in progress.track(left, description=self._task.name, total=len(left)):
            rate = schedule.learning_rate(self._settings, plan, step)
            loss = waiting.step(partial(self._trainer.step, rate=rate))
            curve = self._progress.loss_curve
            self._progress = replace(
                self._progress,
                step=step + 1,
                seconds=time.monotonic() - since,
                loss_sum=self._progress.loss_sum + loss,
                loss_count=self._progress.loss_count + 1,
                learning_rate=rate,
                loss_curve=curve.after(
                    loss, step=step + 1, total=plan.total, epoch=self._epoch(step + 1)
                ),
            )
            self.tracked.stepped(self._progress, loss, waiting.last_s)
            due = time.monotonic() - saved > self._settings.checkpoint_minutes * 60
            end = self._task.ending.after(step + 1, self._device)
            if self._owes_validation() and end is None:
                end = self._validated(since, waiting)
                saved = time.monotonic()
            elif (due or end) and distributed.rank() == 0:
                self._save(since)
                saved = time.monotonic()
            if end is not None:
                raise end

    def _epoch(self, step: int) -> float:
        return round(step * self._settings.batch_size / self._progress.plan.images, 3)

    def _owes_validation(self) -> bool:
        """Whether the step last taken is to be validated; a process that was stopped has not."""
        state = self._progress
        if not state.step:
            return False
        validated = state.history[-1].step if state.history else 0
        due = schedule.validates_after(self._settings, state.plan, state.step - 1)
        return due and validated != state.step

    def _validated(self, since: float, waiting: Waiting) -> HandsegError | None:
        """Validate on process 0, and leave it where an end is asked for; gives what to raise."""
        if distributed.rank() == 0:
            data_wait = waiting.end_period(self._task.name, self._settings.workers)
            with suppress(stopping.Left):
                self._measure(data_wait)
            self._save(since)
            if self._task.on_validation and not self._owes_validation():
                self._task.on_validation(self._progress.history[-1], self._progress.laps[-1])
        return self._task.ending.after(self._progress.step, self._device)

    def _measure(self, data_wait: float | None) -> None:
        state, plan, network = self._progress, self._progress.plan, self._trainer.best_network
        with non_finite.explaining(self._trainer.last_images):
            measured = self._validation.measure(
                network, each=self._task.ending.leave, show=self.tracked.images
            )
        dice = measured.dice
        line = Measurement(
            step=state.step,
            epoch=self._epoch(state.step),
            loss=state.loss_sum / state.loss_count,
            learning_rate=state.learning_rate,
            input_px=plan.size_at(state.step - 1),
            dice=dice,
            train_dice=measured.train_dice,
            found=counted(measured.findings),
        )
        lap = Lap(step=state.step, seconds=round(state.seconds, 1), data_wait=data_wait)
        logger.info(
            "%s step %d/%d  epoch %.1f  loss %.4f  dice %.4f (training %.4f)  %.0f s",
            self._task.name, line.step, plan.total, line.epoch, line.loss, dice,
            measured.train_dice, lap.seconds,
        )  # fmt: skip
        self._progress = replace(
            state, history=[*state.history, line], laps=[*state.laps, lap], loss_sum=0.0,
            loss_count=0,
        )  # fmt: skip
        watch.after_validation(self._task.name, self._progress, measured.findings)
        self.tracked.validated(line, lap, measured)
        best = state.best_dice_per_class
        if not best or dice > float(np.mean(list(best.values()))):
            weights = dict(network.state_dict())
            saved = resume.save_weights(self._task.folder, f"best-{state.step:08d}", weights)
            self._progress = replace(
                self._progress, best_step=state.step, best_weights=saved.name,
                best_dice_per_class=measured.dice_per_class,
            )  # fmt: skip

    def _save(self, since: float) -> None:
        peak = max(self._progress.peak_memory_bytes, memory.peak_bytes(self._device))
        seconds = time.monotonic() - since
        self._progress = replace(self._progress, seconds=seconds, peak_memory_bytes=peak)
        tensors = self._trainer.tensors()
        non_finite.refuse_tensors(tensors, self._trainer.last_images)
        self.tracked.save()
        resume.save(self._task.folder, self._progress, tensors)
        self._task.on_checkpoint(self._task.folder)

    def finish(self) -> Trained:
        """Write the last weights beside the best ones and say what both are."""
        return trained.of(self._task, self._progress, self._trainer, device=self._described)
