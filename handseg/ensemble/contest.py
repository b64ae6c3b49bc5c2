"""Dice of many ways to vote on one image, of which only the contested pixels are computed.

Where all members are above every threshold in question, or all below, no weights change the vote.
What is left, a band along the edges of the bones, is a tenth of the pixels that anyone predicts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.ensemble import voting
from handseg.ensemble import weights as member_weights
from handseg.ensemble.rule import Voting
from handseg.inference import tiles
from handseg.inference.tiles import TILE_PX, ImageTiles
from handseg.masks import dice, rle


class _Open(NamedTuple):
    """One class: what is settled, and what is not; P pixels are contested."""

    area: int
    """Pixels that are foreground in every vote."""
    shared: int
    """Those of them that are in the truth as well."""
    values: NDArray[np.uint8]
    """(members, P), in 255ths."""
    truth: NDArray[np.bool_]
    """(P,)."""


class Contest:
    """One image's probabilities and truth, ready for any weights, and thresholds of a range."""

    def __init__(
        self,
        members: Sequence[ImageTiles],
        truth: Sequence[rle.Runs],
        *,
        thresholds: tuple[float, float],
    ) -> None:
        """Compare what the members say.

        Args:
            members: the image's tiles by each member, at least one.
            truth: 29 runs.
            thresholds: the least and the greatest that will be asked for.
        """
        levels = voting.own_level(thresholds[0]), voting.own_level(thresholds[1])
        found = [_open(members, truth[c], c, levels) for c in range(bones.COUNT)]
        counts = [len(part.truth) for part in found]
        self._ends = np.cumsum(counts)
        self._values = np.concatenate([part.values for part in found], axis=1)
        self._truth = np.concatenate([part.truth for part in found])
        self._area = np.array([part.area for part in found], np.float64)
        self._shared = np.array([part.shared for part in found], np.float64)
        self._true_area = np.array([rle.area(runs) for runs in truth], np.float64)

    def dice(
        self, weights: Sequence[float], how: Voting, thresholds: Sequence[float]
    ) -> NDArray[np.float64]:
        """Dice of each class at each threshold, the same as that of the voted masks.

        Args:
            weights: of the members, finite, 0 or more, not all 0.
            how: soft or hard voting.
            thresholds: T of them, within the range.

        Returns:
            float64 (T, 29).
        """
        units = member_weights.in_units(weights)
        if how == "soft":
            totals = units @ self._values.astype(np.float32)
            masks = (totals >= voting.soft_level(threshold, units) for threshold in thresholds)
        else:
            level = voting.hard_level(units)
            owns = (self._values >= voting.own_level(threshold) for threshold in thresholds)
            masks = (units @ own.astype(np.float32) >= level for own in owns)
        return np.array([self._dice(mask) for mask in masks])

    def _dice(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        shared = self._shared + self._per_class(mask & self._truth)
        areas = self._area + self._per_class(mask) + self._true_area
        return np.asarray((2 * shared + dice.SMOOTH) / (areas + dice.SMOOTH))

    def _per_class(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        before = np.concatenate([[0], np.cumsum(mask, dtype=np.int64)])
        return np.asarray(np.diff(before[self._ends], prepend=0))


def _open(
    members: Sequence[ImageTiles], truth: rle.Runs, class_id: int, levels: tuple[int, int]
) -> _Open:
    height, width = members[0].shape
    columns = -(-width // TILE_PX)
    occupied, values = _stack(members, class_id, columns)
    least, most = values.min(axis=0), values.max(axis=0)
    sure = least >= levels[1]
    rows, lefts = np.divmod(occupied, columns)
    roi = tiles.assemble(rows, lefts, sure.view(np.uint8), (height, width))
    settled = rle.runs_of_roi(roi.values, top=roi.top, left=roi.left, width=width)
    tile, y, x = np.nonzero((most >= levels[0]) & ~sure)
    places = (rows[tile] * TILE_PX + y) * width + lefts[tile] * TILE_PX + x
    return _Open(
        area=rle.area(settled),
        shared=dice.intersection(settled, truth),
        values=values[:, tile, y, x],
        # Edges of runs up to a place: an odd count is inside one.
        truth=np.searchsorted(truth.ravel(), places, side="right") % 2 == 1,
    )


def _stack(
    members: Sequence[ImageTiles], class_id: int, columns: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The tiles that any member occupies, T of them, and all members' values there.

    Returns:
        Places in the grid of tiles, sorted; uint8 (members, T, 64, 64).
    """
    parts = [member.of_class(class_id) for member in members]
    places = [
        member.rows[part].astype(np.int64) * columns + member.columns[part]
        for member, part in zip(members, parts, strict=True)
    ]
    occupied = np.unique(np.concatenate(places))
    values = np.zeros((len(members), len(occupied), TILE_PX, TILE_PX), np.uint8)
    for row, member, part, place in zip(values, members, parts, places, strict=True):
        row[np.searchsorted(occupied, place)] = member.values[part]
    return occupied, values
