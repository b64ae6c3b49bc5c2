"""Counting what a network learns."""

from torch import nn


def parameters(module: nn.Module) -> int:
    """How many numbers of a module are trained; on the meta device it costs no memory."""
    return sum(parameter.numel() for parameter in module.parameters())
