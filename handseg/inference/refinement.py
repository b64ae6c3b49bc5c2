"""The two grouped convolutions on one box of one class, and a bound on what they can give."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.models.refine import Refine

MARGIN = 2
"""Pixels around a box that two 3x3 convolutions read."""

_KINDS = 5
"""A pixel is 0 or 1 px from the first row, further in, or 1 or 0 px from the last row."""
_INNER = 2
_FIRST = (slice(None, 1), slice(None, _INNER + 1))
_LAST = (slice(-1, None), slice(_INNER, None))
_ALL = (slice(None), slice(_INNER, _INNER + 1))
"""First, last and all rows (or columns) of cells, with the kinds of pixels they may hold."""


@dataclass(frozen=True)
class Frame:
    """Which edges of a box are edges of the image."""

    top: bool = True
    bottom: bool = True
    left: bool = True
    right: bool = True


@dataclass(frozen=True)
class ClassRefinement:
    """The weights of one class.

    Nothing stands between the two convolutions, so they are one 5x5 kernel with a bias. Within
    2 px of the frame zero padding leaves taps of either out: each distance has its own kernel.
    """

    widen: NDArray[np.float32]
    """(2, 3, 3)."""
    widen_bias: NDArray[np.float32]
    """(2,)."""
    merge: NDArray[np.float32]
    """(2, 3, 3)."""
    merge_bias: float

    def apply(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Refine a box.

        Args:
            logits: float32 (h, w), enlarged; `MARGIN` beyond what is wanted, except at the frame.

        Returns:
            float32 (h, w), wrong within `MARGIN` of those of its edges that are not the frame.
        """
        found = np.full_like(logits, self.merge_bias)
        for widen, bias, merge in zip(self.widen, self.widen_bias, self.merge, strict=True):
            wide = _correlate(logits, widen)
            wide += bias
            found += _correlate(wide, merge)
        return found

    def upper_bound(
        self, lowest: NDArray[np.float32], highest: NDArray[np.float32], frame: Frame
    ) -> NDArray[np.float32]:
        """An upper bound on the refined logits of each cell, where a cell is a square of pixels.

        A pixel's value is B + sum of k z over its kernel, so at most B + K+ highest + K- lowest
        with K+ and K- the sums of the kernel's positive and negative weights, where every z lies in
        [lowest, highest]. A cell at the frame takes the largest over its pixels' kernels.

        Args:
            lowest: float32 (h, w), the least native logit that the cell's pixels depend on.
            highest: the same, the greatest. Cells are at least 2 px wide.
            frame: which edges of the cells are the image's.

        Returns:
            float32 (h, w).
        """
        bias, positive, negative = (float(part) for part in self.parts[:, _INNER, _INNER])
        bound = np.asarray(cv2.addWeighted(highest, positive, lowest, negative, bias), np.float32)
        for rows, row_kinds in _sides(frame.top, frame.bottom):
            for columns, column_kinds in _sides(frame.left, frame.right):
                if rows == columns == slice(None):
                    continue
                kinds = self.parts[:, row_kinds, column_kinds].reshape(3, -1, 1, 1)
                cells = (rows, columns)
                every = kinds[0] + kinds[1] * highest[cells] + kinds[2] * lowest[cells]
                bound[cells] = np.maximum(bound[cells], every.max(axis=0))
        return bound

    @property
    def gain(self) -> float:
        """Largest factor by which an error in the logits can grow."""
        return float((self.parts[1] - self.parts[2]).max())

    @cached_property
    def parts(self) -> NDArray[np.float32]:
        """B, K+ and K- of every kind of pixel: (3, 5, 5)."""
        kinds = range(_KINDS)
        table = [[self._kernel(row, column) for column in kinds] for row in kinds]
        return np.asarray(table, np.float32).transpose(2, 0, 1)

    def _kernel(self, row: int, column: int) -> tuple[float, float, float]:
        """B, K+ and K- of a pixel of a 5x5 plane, which has each kind once, in 9x9 zeros."""
        inside = np.zeros((_KINDS + 4, _KINDS + 4))
        inside[2:-2, 2:-2] = 1
        kernel = np.zeros_like(inside)
        bias = self.merge_bias
        for widen, widen_bias, merge in zip(self.widen, self.widen_bias, self.merge, strict=True):
            for (y, x), tap in np.ndenumerate(merge):
                top, left = row + y, column + x
                weight = float(tap) * inside[top + 1, left + 1]
                bias += weight * float(widen_bias)
                kernel[top : top + 3, left : left + 3] += weight * widen
        kernel *= inside
        return bias, float(kernel[kernel > 0].sum()), float(kernel[kernel < 0].sum())


def _sides(first: bool, last: bool) -> list[tuple[slice, slice]]:
    return [_ALL] + [_FIRST] * first + [_LAST] * last


def of_classes(refine: Refine) -> list[ClassRefinement]:
    """Each class's weights of a network's refinement, on the CPU."""
    arrays = {
        name: np.ascontiguousarray(parameter.detach().float().cpu().numpy())
        for name, parameter in refine.named_parameters()
    }
    return [
        ClassRefinement(
            widen=arrays["widen.weight"][2 * c : 2 * c + 2, 0],
            widen_bias=arrays["widen.bias"][2 * c : 2 * c + 2],
            merge=arrays["merge.weight"][c],
            merge_bias=float(bias),
        )
        for c, bias in enumerate(arrays["merge.bias"])
    ]


def _correlate(plane: NDArray[np.float32], kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    # 60 times faster than torch's depthwise convolution on a CPU.
    found = cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(found, np.float32)
