"""Where an outline crosses itself."""

import numpy as np
from numpy.typing import NDArray

from handseg.masks.polygons import Points

_Ends = NDArray[np.int64]
_PAIRS = 1 << 18
"""Pairs of edges compared at a time, which bounds the memory."""


def crossings(polygon: Points) -> NDArray[np.float64]:
    """Find the points where two edges of a polygon cross in their interiors.

    Edges that only touch, or lie on each other, do not count: filling gives the same pixels either
    way round. A sweep over the edges' left ends compares only edges that overlap in x.

    Args:
        polygon: int32 (N, 2) in (x, y) pixels; the last point is joined to the first.

    Returns:
        float64 (M, 2) points in (x, y), M = 0 for a simple outline.
    """
    starts = polygon.astype(np.int64)
    ends = np.roll(starts, -1, axis=0)
    left, right = np.minimum(starts[:, 0], ends[:, 0]), np.maximum(starts[:, 0], ends[:, 0])
    order = np.argsort(left, kind="stable")
    starts, ends, left, right = starts[order], ends[order], left[order], right[order]
    # The edges after edge i that begin before it ends.
    counts = np.searchsorted(left, right, side="right") - np.arange(len(left)) - 1
    blocks = np.cumsum(counts) // _PAIRS
    found = []
    for block in range(int(blocks[-1]) + 1):
        edges = np.flatnonzero(blocks == block)
        first = np.repeat(edges, counts[edges])
        before = np.cumsum(counts[edges]) - counts[edges]
        second = first + 1 + np.arange(len(first)) - np.repeat(before, counts[edges])
        found.append(_meet(starts[first], ends[first], starts[second], ends[second]))
    return np.concatenate(found)


def _meet(a: _Ends, b: _Ends, c: _Ends, d: _Ends) -> NDArray[np.float64]:
    """Where the edges a-b cross the edges c-d; only those that do."""
    from_a, from_b, from_c, from_d = _turn(c, d, a), _turn(c, d, b), _turn(a, b, c), _turn(a, b, d)
    cross = (np.sign(from_a) * np.sign(from_b) < 0) & (np.sign(from_c) * np.sign(from_d) < 0)
    along = from_a[cross] / (from_a[cross] - from_b[cross])
    return np.asarray(a[cross] + along[:, None] * (b[cross] - a[cross]))


def _turn(a: _Ends, b: _Ends, c: _Ends) -> NDArray[np.int64]:
    """Twice the signed area of the triangles a, b, c: which side of a line c lies on."""
    return np.asarray(
        (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    )
