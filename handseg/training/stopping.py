"""An end that was asked for: noticed now, obeyed after the step."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

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
