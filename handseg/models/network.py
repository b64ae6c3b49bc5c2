"""What every network has: logits at their native size, and the way to the trained size."""

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor, nn

from handseg.errors import BadInput
from handseg.models.encoders import Encoder
from handseg.models.refine import Refine


@dataclass(frozen=True)
class HeadLogits:
    """Logits of one head, not yet enlarged: the loss enlarges a few classes at a time.

    At 512 -> 2048 the five heads' enlarged logits are 2.4 GB an image and their native ones 39 MB,
    so nothing but `logits` ever builds the enlarged ones.
    """

    native: Tensor
    """float (B, C, h, w)."""
    size: tuple[int, int]
    """(height, width) at which the head is trained."""
    refine: Refine | None = None
    """Applied after enlargement; None for the auxiliary heads and where nothing is enlarged."""

    def logits(self, first: int = 0, last: int | None = None) -> Tensor:
        """Enlarged, refined logits of classes `first` to `last` (exclusive): (B, n, *size)."""
        return enlarge(self.native[:, first:last], self.size, refine=self.refine, first=first)


def enlarge(
    native: Tensor, size: tuple[int, int], *, refine: Refine | None = None, first: int = 0
) -> Tensor:
    """Bilinear (half-pixel centres) to `size`, then the refinement of these classes.

    Args:
        native: float (B, n, h, w), classes first to first + n of the head.
        size: (height, width).
        refine: the two grouped convolutions, or None.
        first: class id of the first channel.
    """
    if native.shape[-2:] != size:
        native = F.interpolate(native, size=size, mode="bilinear", align_corners=False)
    return native if refine is None else refine.classes(native, first)


class Network(nn.Module):
    """A fully convolutional network of `scale` output pixels per input pixel along each side."""

    scale: Fraction
    """Trained output side divided by input side; 1 or more."""
    native_stride: int = 1
    """Input pixels along each side of a cell of the main logits."""
    stride: int
    """Input sides are whole multiples of it."""
    input_px: int
    """Side of the square input that it is trained for, in pixels; set by the catalogue."""
    refine: Refine | None
    """Refinement of the main logits after their enlargement; None when scale is 1."""
    traces_any_side: bool = True
    """Whether a graph traced at one side holds for the others; not where the trace counts cells."""

    @property
    def side_unit(self) -> int:
        """The least side of which every multiple is taken, with an output of whole pixels."""
        return lcm(self.stride, self.scale.denominator)

    def forward(self, images: Tensor) -> list[HeadLogits]:
        """All heads in training, the main head alone in evaluation; the main one is the first.

        Args:
            images: float (B, 3, h, w), h and w multiples of `stride`.

        Raises:
            BadInput: h or w is not a multiple of `stride`, or `scale` times it is not whole.
        """
        # Of a network without auxiliary heads; the others have their own.
        output = self._check_side(images)
        return [HeadLogits(self.native(images), output, self.refine)]

    def native(self, images: Tensor) -> Tensor:
        """Main logits before enlargement: (B, C, h', w')."""
        raise NotImplementedError

    def heads(self) -> list[nn.Conv2d]:
        """Every convolution that gives logits, the main head first.

        Its channels are the classes in order, each with equally many neighbouring ones.
        """
        raise NotImplementedError

    def _check_side(self, images: Tensor) -> tuple[int, int]:
        height, width = images.shape[-2:]
        if height % self.stride or width % self.stride:
            raise BadInput(
                f"network input is {height}x{width}, its sides must be multiples of {self.stride}: "
                f"{multiples_beside(max(height, width), self.stride)}"
            )
        # No fractions: sides are symbols while a graph is traced, which know whole numbers alone.
        times, parts = self.scale.as_integer_ratio()
        if height * times % parts or width * times % parts:
            raise BadInput(
                f"network input is {height}x{width}, and {float(self.scale):g} times that is not "
                "whole; take sides in the ratio of model.input_px to model.output_px"
            )
        return height * times // parts, width * times // parts


def multiples_beside(side: int, stride: int) -> str:
    """The remedy for a side that is no multiple of the stride, as text."""
    below = side // stride * stride
    return f"take {below} or {below + stride}" if below else f"take {stride}"


def initialise(network: Network) -> None:
    """Kaiming weights, zero biases, heads at a tenth.

    The heads start small so that their bias, set to the classes' share of pixels, is what the
    network says at first; `refine` keeps the identity that it starts as, and an `Encoder` the
    weights of its own paper.
    """
    kept = {
        inner
        for module in network.modules()
        if isinstance(module, Encoder)
        for inner in module.modules()
    }
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module not in kept:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    with torch.no_grad():
        for head in network.heads():
            head.weight.mul_(0.1)
    if network.refine is not None:
        network.refine.start_as_identity()
