"""From native logits to stored probabilities, without ever building 29 x 2048 x 2048.

Per class: a bound at native size says where anything can reach the cut; only there are logits
enlarged, refined, turned into probabilities, brought to the image's own size and quantised. The
values are those of doing all of it densely.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.errors import BadInput
from handseg.inference import occupied, regions
from handseg.inference.refinement import MARGIN, ClassRefinement
from handseg.masks.polygons import Box

_LEVELS = 255
_LEAST_LOGIT = -80.0
"""exp(80) is finite in float32; the probability is far below any cut."""


class NonFiniteLogits(BadInput):
    """A network answered NaN or infinity."""


@dataclass(frozen=True)
class Region:
    """Probabilities of one class around where it was found, in 255ths; 0 everywhere else."""

    class_id: int
    top: int
    left: int
    values: NDArray[np.uint8]
    """(h, w), in the image's own pixels."""


@dataclass(frozen=True)
class Plane:
    """The logits of one class of one image, and what they are in the image's own pixels."""

    native: NDArray[np.float32]
    """(h, w), before enlargement."""
    output: tuple[int, int]
    """(height, width) after enlargement."""
    shape: tuple[int, int]
    """The image's own (height, width)."""
    refinement: ClassRefinement | None
    cut_level: int

    def boxes(self) -> list[Box]:
        """Boxes of the image outside of which the class is proven to be below the cut."""
        least = (self.cut_level - 0.5) / _LEVELS
        found = occupied.boxes(
            self.native,
            math.log(least / (1 - least)),
            output=self.output,
            refinement=self.refinement,
        )
        if self.shape == self.output:
            return found
        return [regions.reach(box, self.output, self.shape) for box in found]

    def probabilities(self, box: Box) -> NDArray[np.float32]:
        """float32 (box.height, box.width), in a box of the image."""
        return _probabilities(self.native, box, self.output, self.shape, self.refinement)


@dataclass(frozen=True)
class Tail:
    """What turns one network's native logits into regions."""

    scale: Fraction
    """Output pixels per native cell along each side; 1 or more."""
    refinements: Sequence[ClassRefinement] | None
    """One for each class, or None."""
    cut_level: int
    """Probabilities that round to less than this many 255ths become 0."""

    def regions(
        self, native: NDArray[np.float32], shape: tuple[int, int], *, name: str = "image"
    ) -> Iterator[Region]:
        """Regions of the classes that are found at all, in class order.

        Args:
            native: float32 (C, h, w), main logits before enlargement.
            shape: the image's own (height, width).
            name: the image's, for the message.

        Raises:
            NonFiniteLogits: names the image and the bone.
        """
        for class_id, logits in enumerate(native):
            plane = self.plane(class_id, logits, shape, name=name)
            region = assemble(class_id, plane.boxes(), plane.probabilities, self.cut_level)
            if region is not None:
                yield region

    def plane(
        self, class_id: int, native: NDArray[np.float32], shape: tuple[int, int], *, name: str
    ) -> Plane:
        """One class of `regions`' logits; the same errors."""
        if not math.isfinite(float(native.sum())):
            raise NonFiniteLogits(
                f"{name}: logits of {bones.NAMES[class_id]} are not finite; "
                "give --settings.precision float32, or train the member again"
            )
        output = (int(native.shape[0] * self.scale), int(native.shape[1] * self.scale))
        refinement = self.refinements[class_id] if self.refinements else None
        return Plane(native, output, shape, refinement, self.cut_level)


def assemble(
    class_id: int,
    boxes: Sequence[Box],
    probabilities: Callable[[Box], NDArray[np.float32]],
    cut_level: int,
) -> Region | None:
    """Quantise a class's probabilities in some boxes of the image; None where there is no box.

    Args:
        class_id: the class.
        boxes: they may overlap.
        probabilities: of a box.
        cut_level: what rounds to less than this many 255ths becomes 0.
    """
    if not boxes:
        return None
    whole = regions.around(boxes)
    values = np.zeros((whole.height, whole.width), np.uint8)
    for box in boxes:
        values[regions.within(box, whole)] = _quantise(probabilities(box), cut_level)
    return Region(class_id, whole.top, whole.left, values)


def _probabilities(
    native: NDArray[np.float32],
    box: Box,
    output: tuple[int, int],
    shape: tuple[int, int],
    refinement: ClassRefinement | None,
) -> NDArray[np.float32]:
    """float32 probabilities of one class in a box of the image's own pixels."""
    wanted = box if shape == output else regions.support(box, output, shape)
    enlarged = regions.grow(wanted, MARGIN, output) if refinement is not None else wanted
    read = regions.support(enlarged, native.shape, output)
    logits = regions.bilinear(
        native[regions.slices(read)], read, source=native.shape, target=output, box=enlarged
    )
    if refinement is not None:
        logits = refinement.apply(logits)[regions.within(wanted, enlarged)]
    odds_against = np.exp(-np.maximum(logits, _LEAST_LOGIT))
    probabilities = np.asarray(1 / (1 + odds_against), np.float32)
    return regions.bilinear(probabilities, wanted, source=output, target=shape, box=box)


def _quantise(probabilities: NDArray[np.float32], cut_level: int) -> NDArray[np.uint8]:
    levels = cv2.convertScaleAbs(probabilities, alpha=_LEVELS)
    _, kept = cv2.threshold(levels, cut_level - 1, 0, cv2.THRESH_TOZERO)
    return np.asarray(kept, np.uint8)
