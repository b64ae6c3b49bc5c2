"""One process per GPU of a node, as torchrun starts them; a single process without it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


def ranks() -> int:
    """Processes that train together; torchrun says so in the environment."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """This process's number among them; 0 writes and reports."""
    return int(os.environ.get("RANK", "0"))


def local_device(device: torch.device) -> torch.device:
    """The GPU of this process on its node; a CPU stays a CPU."""
    if device.type != "cuda":
        return device
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def group(device: torch.device) -> Iterator[None]:
    """Join the other processes for the length of the block; nothing to do when there are none."""
    if ranks() == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def wrap(network: nn.Module, device: torch.device) -> nn.Module:
    """Average gradients over the processes, and batch statistics too where they are GPUs."""
    if ranks() == 1:
        return network
    if device.type == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(network, device_ids=[device.index])
    return DistributedDataParallel(network)


def agree(flag: bool, device: torch.device) -> bool:
    """Whether any process raised its flag, so that all stop at the same step."""
    return agreed([flag], device)[0]


def agreed(flags: list[bool], device: torch.device) -> list[bool]:
    """Of each flag, whether any process raised it."""
    if ranks() == 1:
        return flags
    values = torch.tensor(flags, dtype=torch.float32, device=device)
    distributed.all_reduce(values, op=distributed.ReduceOp.MAX)
    return [bool(value) for value in values.tolist()]


def share(values: list[float], device: torch.device) -> list[float]:
    """Give every process the numbers of process 0."""
    if ranks() == 1:
        return values
    tensor = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.broadcast(tensor, 0)
    return [float(value) for value in tensor.tolist()]
