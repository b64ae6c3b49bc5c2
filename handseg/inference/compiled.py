"""torch.compile by choice, the same in training and inference; never left out silently."""

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor, nn

from handseg.errors import BadInput

P = ParamSpec("P")
R = TypeVar("R")

_REMEDY = {
    "cpu": "install a C++ compiler (Debian: apt-get install g++; in the image: make images "
    "BUILD_FLAGS='--build-arg COMPILER=g++'), or name one in CXX",
    "cuda": "install Triton, which torch's CUDA wheels bring, and a C compiler with Python's "
    "headers (Debian: apt-get install gcc python3-dev)",
}


@cache
def require(device: torch.device) -> None:
    """Compile and run a line, so that what is missing shows before the first expensive line.

    Raises:
        BadInput: names the remedy.
    """
    # Without its cache: a graph of another day would hide that the compiler is gone.
    attempt = torch.compile(_attempt, dynamic=False, options={"fx_graph_cache": False})
    try:
        attempt(torch.ones(8, device=device))
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise BadInput(
            f"compile is true, but torch.compile does not work here on {device.type} "
            f"({reason[0]}); {_REMEDY.get(device.type, 'see torch.compile')}; "
            "or give --settings.compile false"
        ) from error


def _attempt(values: Tensor) -> Tensor:
    return torch.sigmoid(values) * 2 + 1


def function(work: Callable[P, R], *, shapes: int) -> Callable[P, R]:
    """A function that is compiled when it is first called, and again for every new shape.

    Args:
        work: of tensors.
        shapes: the most shapes that it will see.
    """
    _make_room(shapes)
    return torch.compile(work, dynamic=False)


def module(network: nn.Module, *, shapes: int) -> nn.Module:
    """The same for a network, with its parameters; it stays as it is, with its tensors' names."""
    _make_room(shapes)
    found: nn.Module = torch.compile(network, dynamic=False)  # type: ignore[assignment]
    return found


def _make_room(shapes: int) -> None:
    # Beyond its limit torch goes on uncompiled, with a line in the log at most.
    limits = torch._dynamo.config
    limits.recompile_limit += shapes
    limits.accumulated_recompile_limit += shapes
    limits.fail_on_recompile_limit_hit = True
