"""An end that was asked for, by SIGTERM or by a limit of time: noticed now, obeyed after a step.

Before the first step and after the last there is nothing to save, and SIGTERM ends at once.
"""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from handseg.errors import HandsegError, Terminated, TimedOut
from handseg.training import distributed
from handseg.training.call import Call

logger = logging.getLogger(__name__)


class Left(Exception):
    """What was going on is left undone, as an end was asked for; it is made up for later."""


class Ending:
    """Whether a training is to end."""

    def __init__(self, member: str, call: Call) -> None:
        """Begin.

        Args:
            member: its name.
            call: knows its limit of time.
        """
        self._member = member
        self._call = call
        self._is_noticed = False

    @contextmanager
    def noticing_sigterm(self) -> Iterator[None]:
        """Note SIGTERM within the block instead of ending; a second one ends."""

        def notice(number: int, _frame: FrameType | None) -> None:
            self._is_noticed = True
            logger.warning("SIGTERM: saving after this step")
            signal.signal(number, signal.SIG_DFL)

        before = signal.signal(signal.SIGTERM, notice)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def leave(self) -> None:
        """Ask in the middle of what can be left undone; a limit waits for its end.

        Raises:
            Left: SIGTERM came to this process, and whoever sent it does not wait long.
        """
        if self._is_noticed:
            raise Left

    def after(self, step: int, device: torch.device) -> HandsegError | None:
        """Ask after a step.

        Args:
            step: the last that was taken.
            device: where it trains.

        Returns:
            What to raise once the step is saved, the same in all processes; or None.
        """
        asked, over = distributed.agreed([self._is_noticed, self._call.is_over], device)
        if asked:
            return Terminated(f"{self._member}: stopped at step {step}, which was saved")
        if over:
            return TimedOut(
                f"{self._member}: limit_minutes {self._call.limit_minutes:g} was reached at step "
                f"{step}, which was saved; the same command goes on"
            )
        return None
