"""A training's course as the entries of trackers: every step's loss, and what validations found."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from handseg import program
from handseg.findings.finding import IN_IMAGES
from handseg.tracking import overlay
from handseg.tracking.following import Following
from handseg.tracking.tracker import About, End, Entry
from handseg.training import distributed, identity
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from handseg.training.resume import Progress
from handseg.training.task import Task
from handseg.training.validation import Validated

_MOST_STEPS = 5000
"""Of which the loss is told; of a longer training's, every second, third and so on."""


class Tracked:
    """Tells all trackers of one training; of several processes, the first does."""

    def __init__(self, task: Task, state: Progress) -> None:
        """Begin.

        Args:
            task: the training, and its trackers.
            state: from which it goes on.
        """
        self._task = task
        self._every = -(-state.plan.total // _MOST_STEPS)
        self._steps, self._steps_s = 0, 0.0
        """Taken since the last validation, and their seconds."""
        self._followings = list(_begun(task, state)) if distributed.rank() == 0 else []
        self.images = task.tracking.images if self._followings else 0
        """Held-out images to show at each validation."""

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Take the steps within the block; how it ends is the last that trackers are told."""
        end: End = "stopped"
        try:
            yield
            end = "finished"
        finally:
            for following in self._followings:
                following.close(end)

    def stepped(self, state: Progress, loss: float, took_s: float) -> None:
        """Tell of a step.

        Args:
            state: after it.
            loss: its own.
            took_s: seconds for it, waiting for its images included.
        """
        self._steps += 1
        self._steps_s += took_s
        if state.step % self._every == 0:
            self._note(state.step, {"loss": loss, "learning_rate": state.learning_rate})

    def validated(self, line: Measurement, lap: Lap, measured: Validated) -> None:
        """Tell of a validation, and show some of its images.

        Args:
            line: of the history.
            lap: of the same validation.
            measured: what it found.
        """
        values = {
            "loss": line.loss,
            "epoch": line.epoch,
            "input_px": line.input_px,
            "dice": measured.dice,
            "train_dice": measured.train_dice,
            **({} if lap.data_wait is None else {"data_wait": lap.data_wait}),
            **({"images_per_second": self._pace()} if self._steps_s else {}),
            **{name.replace(" ", "_"): line.found.get(name, 0) for name in IN_IMAGES},
        }
        self._steps, self._steps_s = 0, 0.0
        told = {f"validation/{name}": float(value) for name, value in values.items()}
        of_bones = {f"dice/{bone}": value for bone, value in measured.dice_per_class.items()}
        pictures = {
            seen.name: overlay.draw(
                self._task.cache.read(seen.name).pixels, seen.truth, seen.predicted
            )
            for seen in measured.shown
        }
        self._note(line.step, {**told, **of_bones}, pictures)

    def save(self) -> None:
        """Keep what trackers have not taken, beside the state that is about to be saved."""
        for following in self._followings:
            following.save()

    def _pace(self) -> float:
        return self._steps * self._task.settings.batch_size / self._steps_s

    def _note(
        self, step: int, values: dict[str, float], pictures: dict[str, str] | None = None
    ) -> None:
        if self._followings:
            entry = Entry(step=step, time_s=time.time(), values=values, pictures=pictures or {})
            for following in self._followings:
                following.note(entry)


def _begun(task: Task, state: Progress) -> Iterator[Following]:
    if not task.tracking.trackers:
        return
    about = About(
        member=task.name,
        settings=identity.of_settings(task.settings),
        tags={
            "member": task.name,
            "fold": str(task.fold),
            "commit": program.commit(),
            "data": task.cache.metadata.get("data", ""),
            "cache": task.cache_hash,
            "fold_table": task.folds_hash,
            **({"changes": "; ".join(map(str, state.changes))} if state.changes else {}),
        },
    )
    for tracker in task.tracking.trackers:
        yield Following(
            tracker, about, task.folder / f"tracked-{tracker.title}.json", step=state.step
        )
