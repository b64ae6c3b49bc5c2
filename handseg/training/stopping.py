"""An end that was asked for, by SIGTERM or by a limit of time: noticed now, obeyed after a step."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from handseg.errors import HandsegError, Terminated, TimedOut
from handseg.training import distributed
from handseg.training.task import Task

logger = logging.getLogger(__name__)


@contextmanager
def noticing_sigterm() -> Iterator[Callable[[], bool]]:
    """Note SIGTERM instead of ending, so that the step can end and be saved; a second one ends.

    Gives a function that says whether it came.
    """
    noticed = False

    def notice(number: int, _frame: FrameType | None) -> None:
        nonlocal noticed
        noticed = True
        logger.warning("SIGTERM: saving after this step")
        signal.signal(number, signal.SIG_DFL)

    before = signal.signal(signal.SIGTERM, notice)
    try:
        yield lambda: noticed
    finally:
        signal.signal(signal.SIGTERM, before)


def ending(task: Task, step: int, device: torch.device) -> HandsegError | None:
    """What a training is to end with, the same in all of its processes.

    Args:
        task: knows whether SIGTERM came to this process, and the limit of its call.
        step: the last that was taken.
        device: where it trains.

    Returns:
        What to raise once the state is saved, or None.
    """
    asked, over = distributed.agreed([task.stopped(), task.call.is_over], device)
    if asked:
        return Terminated(f"{task.name}: stopped at step {step}, which was saved")
    if over:
        return TimedOut(
            f"{task.name}: limit_minutes {task.call.limit_minutes:g} was reached at step {step}, "
            "which was saved; the same command goes on"
        )
    return None
