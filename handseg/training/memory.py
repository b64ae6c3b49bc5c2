"""The memory that a training uses: the most it took, and where a GPU has too little."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from handseg.errors import OutOfGpuMemory

_STATUS = Path("/proc/self/status")
_PEAK = "VmHWM:"
"""Linux's line of the peak, in KiB; ru_maxrss would have that of the process's parent as well."""


def start(device: torch.device) -> None:
    """Begin to watch a GPU; of the CPU, the operating system keeps the whole process's peak."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int:
    """The peak so far, in bytes.

    Returns:
        Of a GPU, what torch's tensors took since `start`; without one, the resident memory of this
        process since it began, libraries included, and without the processes that load images.
    """
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(_PEAK))


@contextmanager
def explaining(what: str) -> Iterator[None]:
    """Within the block, a GPU's memory that is too small is said with what it was to hold.

    Raises:
        OutOfGpuMemory: with a hint what to make smaller.
    """
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise OutOfGpuMemory(
            f"GPU memory is too small for {what}; lower batch_size, model.output_px or "
            "model.input_px, or end what else runs on that GPU"
        ) from error
