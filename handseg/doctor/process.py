"""What every process here is given: open files, the text encoding, the clock."""

import locale
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, ok, warning

_FILES = 256
"""A stage had up to 60 open in a load of 10,000 images, and the object store's client adds 20."""
_WORKER_FILES = 32
"""For the tensors that wait for the training, which each data worker hands over as files."""
_SLACK_S = 86_400.0
"""Time zones of build machines."""


def look(asked: Asked) -> Iterator[Check]:
    """Look at this process."""
    yield files(asked, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield text(sys.getfilesystemencoding(), locale.getencoding())
    yield clock(time.time())


def files(asked: Asked, limit: int) -> Check:
    """Whether as many files as may be needed may be open at once."""
    workers = 0 if asked.preset is None else max(m.train.workers for m in asked.preset.members)
    needed = _FILES + _WORKER_FILES * workers
    if limit == resource.RLIM_INFINITY or limit >= needed:
        found = "no limit" if limit == resource.RLIM_INFINITY else f"{limit:,}"
        return ok("open files", found)
    return warning("open files", f"{limit:,}, {needed:,} may be needed", f"ulimit -n {needed}")


def text(names: str, content: str) -> Check:
    """Whether the encodings of file names and of text hold every letter."""
    if "utf" in names.lower() and "utf" in content.lower():
        return ok("text", content)
    return warning(
        "text",
        f"file names are {names}, text is {content}",
        "export LC_ALL=C.UTF-8, else paths with other letters than ASCII's may not be found",
    )


def clock(now: float) -> Check:
    """Whether it is later than handseg was installed; seconds since 1970."""
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    installed = Path(__file__).stat().st_mtime
    if now > installed - _SLACK_S:
        return ok("clock", shown)
    return warning(
        "clock",
        f"{shown}, before handseg was installed",
        "set the clock: object stores refuse requests that are 15 minutes off",
    )
