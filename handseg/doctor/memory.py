"""Memory that is free, on the machine and under a container's limit."""

from collections.abc import Iterator
from pathlib import Path

from handseg.doctor import size
from handseg.doctor.asked import Asked
from handseg.doctor.cgroup import Groups
from handseg.doctor.check import Check, failed, ok, warning

_MEMINFO = Path("/proc/meminfo")
_LEAST = 0.5e9
"""Checking, preprocessing and voting on images of 2048 px took up to 0.4 GB."""
_GOOD = 2e9
"""Training and inference of the demo took 1.2 GB."""


def look(
    asked: Asked,
    meminfo: Path = _MEMINFO,
    groups: Groups = Groups(),  # noqa: B008 - frozen
) -> Iterator[Check]:
    """Look at what is free; what a network takes depends on it and is not reckoned."""
    free = available_bytes(meminfo)
    limit = groups.free_memory_bytes()
    found = f"{size.text(free)} free"
    if limit is not None and limit < free:
        free, found = limit, f"{size.text(limit)} free under a cgroup's limit, of {found}"
    remedy = "end other programs, or raise the container's limit (--memory); the demo takes 1.2 GB"
    if free >= _GOOD:
        yield ok("memory", found)
    else:
        yield (failed if free < _LEAST else warning)("memory", found, remedy)


def available_bytes(meminfo: Path = _MEMINFO) -> int:
    """What Linux could give without swapping."""
    lines = meminfo.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
