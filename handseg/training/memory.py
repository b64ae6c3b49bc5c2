"""The memory that a training uses: the most it took, and where a GPU has too little."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from handseg import peak_memory
from handseg.errors import OutOfGpuMemory


def start(device: torch.device) -> None:
    """Begin to watch a GPU; of the CPU, the operating system keeps the whole process's peak."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int:
    """The peak so far, in bytes.

    Returns:
        Of a GPU, what torch's tensors took since `start`; without one, the resident memory of this
        process since its stage began, libraries included, and without the processes that load
        images.
    """
    of_gpu = gpu_peak_bytes(device)
    return peak_memory.peak_bytes() if of_gpu is None else of_gpu


def gpu_peak_bytes(device: torch.device) -> int | None:
    """What torch's tensors took of a GPU since `start`, in bytes; None of a CPU."""
    return int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else None


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
