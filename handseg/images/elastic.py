"""Elastic deformation: a smooth random field that moves pixels and vertices alike.

The field is a cubic B-spline surface over a coarse grid, so that it is known exactly at every point
of the plane: the image reads where each pixel came from, and vertices are sent the opposite way.
Source of the idea: Simard et al. 2003, who smooth noise with a Gaussian instead.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.settings import AugmentSettings

_CELLS = 8
"""Along each side. With coefficients up to a, a field's slope is at most 4 a _CELLS / side: below 1
for the 0.03 of the side that settings allow, so that nothing folds: every point goes to one."""
_CONTROLS = _CELLS + 3
_CLOSE_PX = 1 / 512
"""Half the unit in which vertices are drawn."""
_MOST_ROUNDS = 200
"""Each round of the inversion takes off at least a part 1 - slope of the error."""
_LONGEST_EDGE_CELLS = 1 / 16
"""Edges of polygons are divided to this, as a line may become a curve."""


@dataclass(frozen=True, eq=False)
class Field:
    """Where each pixel of a deformed square comes from: from x + displacement(x)."""

    side_px: int
    coefficients: NDArray[np.float64]
    """(11, 11, 2): of the B-spline, in pixels along (x, y)."""

    def displacement(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64 (N, 2) in (x, y) at points (N, 2); beyond the frame, that of the frame."""
        across, down = self._basis(points[:, 0]), self._basis(points[:, 1])
        rows = np.einsum("nr,rcd->ncd", down, self.coefficients)
        return np.asarray(np.einsum("nc,ncd->nd", across, rows))

    def move(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Send a polygon where its pixels go.

        Args:
            points: float64 (N, 2) in (x, y), the corners of a closed polygon.

        Returns:
            float64 (M, 2), with corners added along long edges.
        """
        before = _divided(points, self.side_px / _CELLS * _LONGEST_EDGE_CELLS)
        after = before - self.displacement(before)
        for _ in range(_MOST_ROUNDS):
            better = before - self.displacement(after)
            change = np.abs(better - after).max(initial=0.0)
            after = better
            if change < _CLOSE_PX:
                break
        return after

    def warp(self, image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Move a square image by an affine map, then by this field, reading each pixel once.

        Args:
            image: uint8 (side_px, side_px).
            matrix: float64 (2, 3), of pixel centres before to those after it.

        Returns:
            uint8 (side_px, side_px), black where nothing was.
        """
        # A cubic spline gives straight lines as they are, so that the affine map is applied to the
        # control values: 121 of them, not four million pixels.
        basis = self._basis(np.arange(self.side_px, dtype=np.float64))
        at = np.arange(-1, _CONTROLS - 1) / _CELLS * self.side_px - 0.5
        moved_x = self.coefficients[..., 0] + at
        moved_y = self.coefficients[..., 1] + at[:, None]
        across, down = (
            (basis @ (by_x * moved_x + by_y * moved_y + shift)).astype(np.float32)
            @ basis.T.astype(np.float32)
            for by_x, by_y, shift in cv2.invertAffineTransform(matrix)
        )
        return np.asarray(cv2.remap(image, across, down, cv2.INTER_LINEAR), np.uint8)

    def _basis(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weight of each control value at pixel positions: (N, 11), each row adding up to 1."""
        cells = np.clip((positions + 0.5) / self.side_px, 0, 1) * _CELLS
        away = np.abs(cells[:, None] - np.arange(-1, _CONTROLS - 1))
        wide, narrow = np.maximum(2 - away, 0), np.maximum(1 - away, 0)
        return np.asarray((wide**3 - 4 * narrow**3) / 6)


def draw(generator: np.random.Generator, settings: AugmentSettings, side_px: int) -> Field | None:
    """Draw a field for a square of `side_px`, or None as often as the settings want none.

    The control values are drawn evenly up to elastic_fraction of the side either way along each
    axis, which no pixel's displacement exceeds; a pixel moves a quarter of it on average.
    """
    if generator.random() >= settings.elastic:
        return None
    most = settings.elastic_fraction * side_px
    return Field(side_px, generator.uniform(-most, most, (_CONTROLS, _CONTROLS, 2)))


def _divided(points: NDArray[np.float64], longest_px: float) -> NDArray[np.float64]:
    """A closed polygon with corners added so that no edge is longer than `longest_px`."""
    edges = np.roll(points, -1, axis=0) - points
    counts = np.maximum(1, np.ceil(np.hypot(*edges.T) / longest_px)).astype(np.intp)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    part = (np.arange(counts.sum()) - first) / np.repeat(counts, counts)
    starts, along = np.repeat(points, counts, axis=0), np.repeat(edges, counts, axis=0)
    return np.asarray(starts + part[:, None] * along)
