"""How much of /dev/shm the processes that prepare a training's images take, without torch."""

import shutil
from pathlib import Path

from handseg.bones import COUNT
from handseg.settings import TrainSettings

FOLDER = Path("/dev/shm")
"""Where torch lays what one process hands to another; 64 MB in a container unless more is given."""
PREFETCH = 4
"""Batches that each of these processes prepares ahead."""
_IN_USE = 2
"""Batches besides: the one of the step, and the one that is copied for a GPU."""
_PIXEL_BYTES = {"bitfield": 4, "coverage": COUNT}


def needed_bytes(settings: TrainSettings) -> int:
    """The most that waits there at one time; 0 where no other process prepares images."""
    if not settings.workers:
        return 0
    side = max([settings.model.input_px, *settings.sizes_px])
    output = side * settings.model.output_px // settings.model.input_px
    sample = side**2 + output**2 * _PIXEL_BYTES[settings.target]
    return settings.batch_size * sample * (PREFETCH * settings.workers + _IN_USE)


def free_bytes(folder: Path = FOLDER) -> int:
    """What is free of it."""
    return shutil.disk_usage(folder).free
