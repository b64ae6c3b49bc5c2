"""Progress with time left: a bar on a terminal, log lines elsewhere and where these are JSON."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from handseg import json_lines

logger = logging.getLogger(__name__)
T = TypeVar("T")
_LINE_EVERY_S = 10.0
"""Seconds between two log lines; work that is over sooner gets none."""


def track(iterable: Iterable[T], *, description: str, total: int) -> Iterator[T]:
    """Pass the items on and show how far they are.

    Args:
        iterable: the work.
        description: what the items are, in a few words.
        total: how many there are.
    """
    if sys.stderr.isatty() and not json_lines.are_in_use():
        yield from _bar(iterable, description, total)
    else:
        yield from _lines(iterable, description, total)


def _bar(iterable: Iterable[T], description: str, total: int) -> Iterator[T]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
    terminal = sys.stderr
    # Within the bar sys.stderr is rich's, which prints above it.
    with bar, _logging_to_stderr(instead_of=terminal):
        yield from bar.track(iterable, total=total, description=description)


@contextmanager
def _logging_to_stderr(*, instead_of: object) -> Iterator[None]:
    """Within the block, log lines meant for another stream go to what sys.stderr is now."""
    moved = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is instead_of
    ]
    for handler in moved:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in moved:
            handler.setStream(instead_of)


def _lines(iterable: Iterable[T], description: str, total: int) -> Iterator[T]:
    began = said = time.monotonic()
    for done, item in enumerate(iterable, 1):
        yield item
        now = time.monotonic()
        if now - said >= _LINE_EVERY_S and done < total:
            left_s = (now - began) / done * (total - done)
            logger.info("%s %d/%d, %s left", description, done, total, format_seconds(left_s))
            said = now


def format_seconds(seconds: float) -> str:
    """Seconds as a person says them: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
