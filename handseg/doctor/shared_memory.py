"""/dev/shm, through which the processes that prepare images hand their batches to a training."""

from collections.abc import Iterator
from pathlib import Path

from handseg.doctor import size
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, ok, warning
from handseg.training import shared_memory
from handseg.training.shared_memory import FOLDER

_CONTAINERS = 80e6
"""A container has 64 MB unless more is given."""
_WITHOUT = "--train.workers 0"
_MORE = "give the container more (--shm-size 8g; in a pod an emptyDir of medium Memory), or "


def look(asked: Asked, folder: Path = FOLDER) -> Iterator[Check]:
    """Compare what is free with what the preset's largest member takes."""
    if not folder.is_dir():
        remedy = f"mount a tmpfs there, or train with {_WITHOUT}"
        yield (failed if needed(asked) else warning)("shared memory", f"no {folder}", remedy)
        return
    free, wanted = shared_memory.free_bytes(folder), needed(asked)
    found = f"{folder}: {size.text(free)} free"
    if wanted > free:
        remedy = f"{_MORE}fewer --train.workers, or {_WITHOUT}"
        yield failed("shared memory", f"{found}, {size.text(wanted)} needed", remedy)
    elif wanted:
        yield ok("shared memory", f"{found}, {size.text(wanted)} needed")
    elif free < _CONTAINERS:
        remedy = f"{_MORE}{_WITHOUT}: a training at 2048 px takes 100 MB and more"
        yield warning("shared memory", found, remedy)
    else:
        yield ok("shared memory", found)


def needed(asked: Asked) -> int:
    """Bytes that the preset's most demanding member takes there; members train in turn."""
    members = [] if asked.preset is None else asked.preset.members
    return max((shared_memory.needed_bytes(member.train) for member in members), default=0)
