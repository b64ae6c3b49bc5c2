"""A training's course on its way to a tracker, by a thread of its own.

Neither a tracker's slowness nor its failure reaches the training. What it has not taken yet lies
in the training's state: every step's entries come to it once, whatever is killed and when.
"""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

from handseg.errors import told
from handseg.tracking import outbox
from handseg.tracking.outbox import Outbox
from handseg.tracking.tracker import About, End, Entry, Tracker

logger = logging.getLogger(__name__)
_EVERY_S = 15.0
"""Entries are offered at least so often while steps are taken."""
_MOST = 10_000
"""Entries that wait for a tracker that does not answer; the oldest are given up."""
_MOST_PICTURED = 20
"""Entries with pictures, likewise; some 0.3 MB a picture."""
_PATIENCE_S: dict[End, float] = {"finished": 30.0, "stopped": 3.0}
"""Whoever sends SIGTERM may wait for ten seconds in all."""


class Following:
    """Keeps what a tracker has yet to take, and offers it."""

    def __init__(self, tracker: Tracker, about: About, file: Path, *, step: int) -> None:
        """Take up what a process before left.

        Args:
            tracker: where entries go.
            about: the training; its id is the file's, where there is one.
            file: the outbox, beside the training's state.
            step: of that state; what was noted of later steps is noted again.
        """
        found = outbox.load(file)
        kept = found or Outbox()
        self._tracker = tracker
        self._about = replace(about, training=kept.training)
        self._file = file
        self._step = step
        self._entries = [entry for entry in kept.entries if entry.step <= step]
        self._given_up = 0
        """Entries that were before those."""
        self._taken = 0
        """Of all, from the first on; these stay only while their step may get more."""
        self._is_kept = found is not None
        self._is_open = self._is_asked = self._has_failed = False
        self._end: End | None = None
        self._offered_s = time.monotonic()
        self._changed = threading.Condition()
        # Begun with the first offer: workers that prepare images are forked before.
        self._thread: threading.Thread | None = None

    def note(self, entry: Entry) -> None:
        """Add an entry, of the last one's step or a later one."""
        with self._changed:
            self._entries.append(entry)
            self._give_up_oldest()
        if time.monotonic() - self._offered_s > _EVERY_S:
            self._offer()

    def save(self) -> None:
        """Keep what waits, for a process that goes on from the state saved next; and offer it."""
        with self._changed:
            kept = Outbox(training=self._about.training, entries=self._waiting())
        self._is_kept = outbox.save(self._file, kept) or self._is_kept
        self._offer()

    def close(self, end: End) -> None:
        """Offer what is left and wait for a while; what is not taken stays in the outbox."""
        with self._changed:
            self._end = end
        self._offer()
        if self._thread is None:
            return
        self._thread.join(_PATIENCE_S[end])
        with self._changed:
            left = self._given_up + len(self._entries) - self._taken
        if left:
            fate = "lost" if end == "finished" else "offered again when the training goes on"
            logger.info(
                "%s: %s did not take the last %d entries: they are %s",
                self._about.member, self._tracker.title, left, fate,
            )  # fmt: skip

    def _waiting(self) -> list[Entry]:
        """What is not taken yet, and all else of its first step: that is taken back as a whole."""
        rest = self._entries[self._taken - self._given_up :]
        return [entry for entry in self._entries if rest and entry.step >= rest[0].step]

    def _give_up_oldest(self) -> None:
        if len(self._entries) > _MOST:
            self._let_go(1)
        if self._entries[-1].pictures:
            pictured = [i for i, entry in enumerate(self._entries) if entry.pictures]
            for i in pictured[:-_MOST_PICTURED]:
                self._entries[i] = replace(self._entries[i], pictures={})

    def _let_go(self, count: int) -> None:
        del self._entries[:count]
        self._given_up += count
        self._taken = max(self._taken, self._given_up)

    def _offer(self) -> None:
        if not self._is_kept:
            # A kill would take the training's id with it, and leave another one behind.
            return
        self._offered_s = time.monotonic()
        if self._thread is None:
            name = f"{self._tracker.title} of {self._about.member}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                # As many as the system allows are running.
                self._tell(error)
                return
            self._thread = thread
        with self._changed:
            self._is_asked = True
            self._changed.notify()

    def _work(self) -> None:
        """Write whatever is offered, until the end."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_asked)
                self._is_asked, end = False, self._end
                batch, first = self._batch()
                upto = self._given_up + len(self._entries)
            try:
                self._write(batch, first, upto, end)
            except self._tracker.failures as error:
                self._is_open = False
                self._tell(error)
            if end is not None:
                return

    def _batch(self) -> tuple[list[Entry], int]:
        """What is to be written, and the step from which on entries come."""
        rest = self._entries[self._taken - self._given_up :]
        batch = rest if self._is_open else self._waiting()
        if batch:
            return batch, batch[0].step
        return [], self._entries[-1].step + 1 if self._entries else self._step + 1

    def _write(self, batch: list[Entry], first: int, upto: int, end: End | None) -> None:
        if not self._is_open:
            self._tracker.open(self._about, first)
            self._is_open = True
        self._tracker.take(batch)
        with self._changed:
            self._taken = upto
            taken = self._entries[: max(0, upto - self._given_up)]
            self._let_go(sum(entry.step < self._entries[-1].step for entry in taken))
        if end is not None:
            self._tracker.close(end)

    def _tell(self, error: Exception) -> None:
        if not self._has_failed:
            logger.warning(
                "%s: %s does not take the training's course (%s); the training goes on, and what "
                "waits is offered again until it ends",
                self._about.member, self._tracker.title, told(error),
            )  # fmt: skip
        self._has_failed = True
