import pytest
import torch

from handseg.errors import OutOfGpuMemory
from handseg.training import memory


def test_a_gpu_that_is_too_small_is_said_with_what_helps() -> None:
    said = r"too small for a batch of \(2, 64, 64\); lower batch_size, model.output_px"
    with pytest.raises(OutOfGpuMemory, match=said), memory.explaining("a batch of (2, 64, 64)"):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")


def test_this_process_has_used_memory() -> None:
    assert memory.peak_bytes(torch.device("cpu")) > 2**20
