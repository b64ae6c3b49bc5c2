"""What the command line does to its process: log lines on stderr, and an orderly end on SIGTERM."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Literal, get_args

from handseg import json_lines
from handseg.errors import Terminated

LEVELS = ("debug", "info", "warning", "error")
Format = Literal["text", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class LogSettings:
    """How a command's log is to be written."""

    level: str = "info"
    """One of LEVELS."""
    format: Format = "text"


class _Lines(logging.Formatter):
    """`12:30:01 message`, with the level's name in front from WARNING on."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if record.levelno < logging.WARNING:
            return line
        stamp, _, message = line.partition(" ")
        return f"{stamp} {record.levelname}: {message}"


def set_up_logging(settings: LogSettings) -> None:
    """Send handseg's log lines to stderr, once; stdout is left to a command's answer.

    Args:
        settings: level and format; other libraries are heard from WARNING on.
    """
    handler = logging.StreamHandler(sys.stderr)
    lines = _Lines("%(asctime)s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(json_lines.JsonLines() if settings.format == "json" else lines)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # torchrun's further processes would say everything again.
    is_first = os.environ.get("RANK", "0") == "0"
    logging.getLogger("handseg").setLevel(settings.level.upper() if is_first else logging.WARNING)


def tell_error(message: str) -> None:
    """Say why a command ends: the plain message, or a JSON line where log lines are JSON."""
    if json_lines.are_in_use():
        logging.getLogger("handseg").error("%s", message)
    else:
        print(message, file=sys.stderr)


def tell_mistake() -> None:
    """Say that the program is at fault, with the exception that is being handled."""
    if json_lines.are_in_use():
        logging.getLogger("handseg").exception("internal error")
    else:
        sys.excepthook(*sys.exc_info())


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Within the block SIGTERM raises Terminated, so that half-written files are removed.

    A second SIGTERM ends the process at once. Processes forked inside the block die of SIGTERM
    as usual: only the one that entered it unwinds.
    """
    owner = os.getpid()

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getpid() != owner:
            os.kill(os.getpid(), signal.SIGTERM)
            return
        raise Terminated("stopped by SIGTERM; run the same command again to go on")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
