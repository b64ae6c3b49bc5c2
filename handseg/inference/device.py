"""Where a network computes, and in which precision; the same in training and inference."""

from typing import Literal

import torch

from handseg.errors import BadInput

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bf16"]
Backend = Literal["torch", "onnxruntime"]

_FIRST_BF16_CAPABILITY = (8, 0)
"""Compute capability of the first GPUs with bf16 arithmetic (Ampere); older ones emulate it."""
_CPU_BF16 = ("avx512_bf16", "amx_bf16")


def choose_device(device: Device) -> torch.device:
    """Take a GPU where there is one (auto), or what is asked for.

    Raises:
        BadInput: a GPU is asked for and torch finds none.
    """
    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        why = "is a build without CUDA" if torch.version.cuda is None else "finds no GPU or driver"
        raise BadInput(
            f"device is cuda, but torch {torch.__version__} {why}; "
            "give device auto or cpu, or run where `nvidia-smi` lists a GPU"
        )
    return torch.device("cuda")


def choose_precision(
    precision: Precision, device: torch.device, *, backend: Backend = "torch"
) -> torch.dtype:
    """bfloat16 where device and backend compute it natively (auto), or what is asked for.

    Returns:
        torch.bfloat16 for mixed precision, else torch.float32.
    """
    if precision == "auto":
        native = _has_bf16(device) and backend != "onnxruntime"
        return torch.bfloat16 if native else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _FIRST_BF16_CAPABILITY
    # An older torch cannot say what the CPU has; float32 is right everywhere.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(bool(capabilities.get(name)) for name in _CPU_BF16)


def describe(device: torch.device, dtype: torch.dtype, *, backend: Backend = "torch") -> str:
    """Device and precision as a person reads them: cpu, bfloat16; with a backend but torch."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    runtime = "" if backend == "torch" else f", {backend}"
    return f"{name}, {str(dtype).removeprefix('torch.')}{runtime}"
