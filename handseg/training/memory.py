"""The most memory that a training used."""

import resource

import torch

_UNIT_BYTES = 1024
"""Linux counts ru_maxrss in KiB."""


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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT_BYTES
