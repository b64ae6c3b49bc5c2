"""How much of its time a training waits for its next batch, and what helps against it."""

import logging
import time
from collections.abc import Callable, Iterator

from handseg.training.data import Batch

logger = logging.getLogger(__name__)
_MOST_SHARE = 0.2
"""Of the steps' time: beyond it, a training would be a quarter faster with data at hand."""
_LEAST_STEPS = 10
"""Fewer tell of the start of a period more than of the data."""


class Waiting:
    """Gives batches to steps, and measures both; the first is left out, since workers start."""

    def __init__(
        self, batches: Iterator[Batch], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin.

        Args:
            batches: in the order of the steps.
            clock: seconds.
        """
        self._batches = batches
        self._clock = clock
        self._has_begun = False
        self._waited = self._worked = 0.0
        self._steps = 0
        self.last_s = 0.0
        """Seconds of the last step, waiting for its batch included."""

    def step(self, work: Callable[[Batch], float]) -> float:
        """Give the next batch to `work`, and return what it returns."""
        asked = self._clock()
        batch = next(self._batches)
        given = self._clock()
        found = work(batch)
        ended = self._clock()
        self.last_s = ended - asked
        if self._has_begun:
            self._waited += given - asked
            self._worked += ended - given
            self._steps += 1
        self._has_begun = True
        return found

    def end_period(self, member: str, workers: int) -> float | None:
        """The part of the time since the last call that was waited, in [0, 1]; begins anew.

        It warns where that is too much. None where no step but the first was taken, or in no time.

        Args:
            member: its name.
            workers: processes that prepare its images.
        """
        total, steps = self._waited + self._worked, self._steps
        share = round(self._waited / total, 3) if total > 0 else None
        self._waited = self._worked = 0.0
        self._steps = 0
        if share is not None and share > _MOST_SHARE and steps >= _LEAST_STEPS:
            logger.warning(
                "%s: %.0f %% of the steps' time was waiting for images; raise --settings.workers "
                "from %d towards the number of cores, make the image cache by `handseg preprocess "
                "--settings.compression none`, or leave out slow augmentations",
                member, 100 * share, workers,
            )  # fmt: skip
        return share
