"""Losses, weights and logits that became NaN or infinite: a training ends before it keeps them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from handseg.errors import NonFiniteLoss
from handseg.inference.tail import NonFiniteLogits
from handseg.training import distributed

_REMEDY = "lower learning_rate, or look at these images"


def refuse_loss(value: float, images: Sequence[str], device: torch.device) -> None:
    """End all processes together: the gradients of one are a part of all by now.

    Args:
        value: of this process's batch.
        images: their names.
        device: where it trains.

    Raises:
        NonFiniteLoss: here, or on another process.
    """
    is_finite = math.isfinite(value)
    if not distributed.agree(not is_finite, device):
        return
    raise NonFiniteLoss(
        f"the loss is {value} on {', '.join(images)}; {_REMEDY}"
        if not is_finite
        else "the loss of another process is not finite; its own message names the images"
    )


def refuse_tensors(tensors: Mapping[str, Tensor], images: Sequence[str]) -> None:
    """Refuse what a step left, where it is not fit to be kept.

    Args:
        tensors: network, moving average and optimiser, by name.
        images: of the step's batch.

    Raises:
        NonFiniteLoss: names the first tensor and the images.
    """
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise NonFiniteLoss(f"{name} is not finite after {_step(images)}; {_REMEDY}")


@contextmanager
def explaining(images: Sequence[str]) -> Iterator[None]:
    """Within the block, logits that are not finite end the training as its loss would.

    Raises:
        NonFiniteLoss: names the image that was predicted, and those of the last step.
    """
    try:
        yield
    except NonFiniteLogits as error:
        predicted = str(error).partition(";")[0]
        raise NonFiniteLoss(f"{predicted} after {_step(images)}; {_REMEDY}") from error


def _step(images: Sequence[str]) -> str:
    return f"the step on {', '.join(images)}" if images else "the step that was resumed from"
