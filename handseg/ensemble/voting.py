"""Soft voting, tile by tile: weighted mean of the members' probabilities, then one threshold."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.ensemble import weights as member_weights
from handseg.errors import BadInput
from handseg.inference import tiles
from handseg.inference.tiles import LEVELS, TILE_PX, ImageTiles
from handseg.masks import rle


def vote(
    members: Sequence[ImageTiles], weights: Sequence[float], threshold: float
) -> list[rle.Runs]:
    """Vote on one image.

    The result depends neither on the order of the members nor on a common factor of the weights.

    Args:
        members: the image's tiles by each member; at least one.
        weights: one for each, finite, 0 or more, not all 0.
        threshold: in (0, 1]; a pixel whose weighted mean probability is at least that is
            foreground.

    Returns:
        29 runs in the official order.

    Raises:
        BadInput: the members' tiles are of different images or sizes.
    """
    _check_same_image(members)
    units = member_weights.in_units(weights)
    voters = [(member, unit) for member, unit in zip(members, units, strict=True) if unit]
    # Sums are whole numbers; rounding keeps a threshold like 0.3, which float64 has only nearly,
    # from lifting the level above one it should meet.
    level = np.float32(math.ceil(round(threshold * LEVELS * float(units.sum()), 3)))
    return [_vote_on_class(voters, class_id, level) for class_id in range(bones.COUNT)]


def _check_same_image(members: Sequence[ImageTiles]) -> None:
    first = members[0]
    for other in members[1:]:
        if (other.name, other.shape) != (first.name, first.shape):
            raise BadInput(
                f"{other.name}: {other.shape} by one member, {first.name}: {first.shape} by "
                "another; infer with every member from the same image cache"
            )


def _vote_on_class(
    voters: Sequence[tuple[ImageTiles, np.float32]], class_id: int, level: np.float32
) -> rle.Runs:
    height, width = voters[0][0].shape
    columns = -(-width // TILE_PX)
    parts = [member.of_class(class_id) for member, _ in voters]
    places = [
        member.rows[part].astype(np.int64) * columns + member.columns[part]
        for (member, _), part in zip(voters, parts, strict=True)
    ]
    occupied = places[0] if len(places) == 1 else np.unique(np.concatenate(places))
    totals = np.zeros((len(occupied), TILE_PX, TILE_PX), np.float32)
    for (member, unit), part, place in zip(voters, parts, places, strict=True):
        _add(totals, np.searchsorted(occupied, place), member.values[part], unit)
    mask = (totals >= level).view(np.uint8)
    found = mask.any(axis=(1, 2))
    rows, lefts = np.divmod(occupied[found], columns)
    roi = tiles.assemble(rows, lefts, mask[found], (height, width))
    return rle.runs_of_roi(roi.values, top=roi.top, left=roi.left, width=width)


def _add(
    totals: NDArray[np.float32],
    positions: NDArray[np.intp],
    values: NDArray[np.uint8],
    unit: np.float32,
) -> None:
    totals[positions] += values * unit
