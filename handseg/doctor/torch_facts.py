"""What torch finds on this machine, as JSON: run as a process of its own by `gpu`."""

import json
import sys
import warnings
from typing import Any

import torch

_FIRST_BF16_CAPABILITY = (8, 0)
"""Compute capability of the first GPUs with bf16 arithmetic (Ampere)."""


def facts() -> dict[str, Any]:
    """Version, CUDA of the build (null without), GPUs, and why there are none."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "gpus": [_gpu(index) for index in range(count)],
        "said": " ".join(str(one.message) for one in said),
    }


def _gpu(index: int) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(index)
    return {
        "name": properties.name,
        "memory_bytes": properties.total_memory,
        "bf16": torch.cuda.get_device_capability(index) >= _FIRST_BF16_CAPABILITY,
    }


if __name__ == "__main__":
    json.dump(facts(), sys.stdout)
