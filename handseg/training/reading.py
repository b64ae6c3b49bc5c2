"""A number on its way from a GPU, while this process goes on giving it work."""

import torch
from torch import Tensor


class Reading:
    """Begins to copy a scalar at once, and waits for it when it is asked for.

    `float` of a tensor on a GPU waits for all that was begun up to then; this waits for what was
    begun before the reading was made.
    """

    def __init__(self, scalar: Tensor) -> None:
        """Begin.

        Args:
            scalar: of one element, which nothing changes any more.
        """
        self._ready: torch.cuda.Event | None = None
        self._copy = scalar
        if scalar.is_cuda:
            self._copy = torch.empty_like(scalar, device="cpu", pin_memory=True)
            self._copy.copy_(scalar, non_blocking=True)
            self._ready = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._ready.record(torch.cuda.current_stream(scalar.device))

    def value(self) -> float:
        """The number, once it has arrived."""
        if self._ready is not None:
            self._ready.synchronize()
        return float(self._copy)
