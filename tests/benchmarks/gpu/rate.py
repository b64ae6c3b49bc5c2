"""What the device can do, and how much there is to do."""

import statistics
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.benchmarks.gpu.case import wait_for
from tests.benchmarks.gpu.plain import Training

_PRODUCTS, _ROUNDS = 10, 5


def matrix_rate(device: torch.device, side: int) -> float:
    """Floating-point operations a second of a large bf16 matrix product; the median of rounds."""
    one, other = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    torch.mm(one, other)
    seconds = []
    for _ in range(_ROUNDS):
        wait_for(device)
        begun = time.perf_counter()
        for _ in range(_PRODUCTS):
            torch.mm(one, other)
        wait_for(device)
        seconds.append((time.perf_counter() - begun) / _PRODUCTS)
    return 2 * side**3 / statistics.median(seconds)


def step_operations(training: Training) -> int:
    """Of a plain training step on one image, forward and backward: convolutions and products."""
    with FlopCounterMode(display=False) as counter:
        training.backward()
    return int(counter.get_total_flops())
