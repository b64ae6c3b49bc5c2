"""How much of /dev/shm the processes that prepare a training's images take, without torch.

A worker that finds it full dies of SIGBUS, at whatever step that may be.
"""

import mmap
import shutil
from pathlib import Path

from handseg.bones import COUNT
from handseg.errors import BadInput
from handseg.settings import TrainSettings

FOLDER = Path("/dev/shm")  # nosec B108 # nothing of ours is written there by name
"""Where torch lays what one process hands to another; 64 MB in a container unless more is given."""
PREFETCH = 4
"""Batches that each of these processes prepares ahead."""
_IN_USE = 2
"""Batches besides: the one of the step, and the one that is copied for a GPU."""
_QUEUES_BYTES = 2**18
"""For the locks of the queues between processes, a page each; more than they are."""
_LEAST_MIB = 64
"""What a container has by itself."""
_PIXEL_BYTES = {"bitfield": 4, "coverage": COUNT}


def needed_bytes(settings: TrainSettings) -> int:
    """The most that waits there at one time; 0 where no other process prepares images."""
    if not settings.workers:
        return 0
    side = max([settings.model.input_px, *settings.sizes_px])
    output = side * settings.model.output_px // settings.model.input_px
    samples = side**2, output**2 * _PIXEL_BYTES[settings.target]
    batch = sum(_in_pages(settings.batch_size * sample) for sample in samples)
    return batch * (PREFETCH * settings.workers + _IN_USE) + _QUEUES_BYTES


def _in_pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE


def free_bytes(folder: Path = FOLDER) -> int:
    """What is free of it."""
    return shutil.disk_usage(folder).free


def require(settings: TrainSettings, folder: Path = FOLDER) -> None:
    """Refuse workers for which there is too little of it.

    Raises:
        BadInput: names what is free and what is needed, and what to do.
    """
    needed = needed_bytes(settings)
    free = free_bytes(folder) if folder.is_dir() else 0
    if free >= needed:
        return
    mib = max(_LEAST_MIB, 1 << (needed >> 20).bit_length())
    raise BadInput(
        f"{folder}: {free / 1e6:.1f} MB free, and {settings.workers} worker processes hand over "
        f"up to {needed / 1e6:.1f} MB of batches through it; give workers 0, which prepares images "
        f"in the training's own process, or enlarge it: docker run --shm-size {mib}m, or a pod's "
        f"volume there (emptyDir, medium Memory, sizeLimit {mib}Mi)"
    )
