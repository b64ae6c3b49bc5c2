"""The most memory that a training used."""

from pathlib import Path

import torch

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
