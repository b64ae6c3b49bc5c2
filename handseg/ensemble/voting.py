"""Voting, tile by tile: the members' probabilities of one image become its 29 masks.

Soft: weighted mean of the probabilities, then one threshold for each bone. Hard: the same of the
members' own masks, which is a majority by weight; half of it is enough.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.ensemble import components
from handseg.ensemble import weights as member_weights
from handseg.ensemble.rule import Rule
from handseg.errors import BadInput
from handseg.inference import tiles
from handseg.inference.tiles import LEVELS, TILE_PX, ImageTiles
from handseg.masks import rle

MAJORITY = 0.5
"""Part of the weight that a pixel needs in hard voting."""


def vote(
    members: Sequence[ImageTiles], weights: Sequence[float], threshold: float
) -> list[rle.Runs]:
    """Vote softly on one image, with one threshold for every bone; see `by_rule`."""
    return by_rule(members, weights, Rule.at(threshold))


def by_rule(
    members: Sequence[ImageTiles],
    weights: Sequence[float],
    rule: Rule,
    *,
    classes: Sequence[int] = range(bones.COUNT),
) -> list[rle.Runs]:
    """Vote on one image.

    The result depends neither on the order of the members nor on a common factor of the weights.

    Args:
        members: the image's tiles by each member; at least one.
        weights: one for each, finite, 0 or more, not all 0.
        rule: a pixel whose weighted mean probability is at least its bone's threshold is
            foreground, or, in hard voting, whose members with such a probability have at least
            half of the weight.
        classes: those to vote on.

    Returns:
        Runs of each of the classes.

    Raises:
        BadInput: the members' tiles are of different images or sizes.
    """
    _check_same_image(members)
    units = member_weights.in_units(weights)
    voters = [(member, unit) for member, unit in zip(members, units, strict=True) if unit]
    return [_vote_on_class(voters, class_id, rule) for class_id in classes]


def soft_level(threshold: float, units: NDArray[np.float32]) -> np.float32:
    """What the weighted sum of values in 255ths must reach.

    Sums are whole numbers; rounding keeps a threshold like 0.3, which float64 has only nearly,
    from lifting the level above one it should meet.
    """
    return np.float32(math.ceil(round(threshold * LEVELS * float(units.sum()), 3)))


def own_level(threshold: float) -> int:
    """What one member's value in 255ths must reach."""
    return math.ceil(round(threshold * LEVELS, 3))


def hard_level(units: NDArray[np.float32]) -> np.float32:
    """What the weights of the members in favour must add up to."""
    return np.float32(math.ceil(round(MAJORITY * float(units.sum()), 3)))


def _check_same_image(members: Sequence[ImageTiles]) -> None:
    first = members[0]
    for other in members[1:]:
        if (other.name, other.shape) != (first.name, first.shape):
            raise BadInput(
                f"{other.name}: {other.shape} by one member, {first.name}: {first.shape} by "
                "another; infer with every member from the same image cache"
            )


def _vote_on_class(
    voters: Sequence[tuple[ImageTiles, np.float32]], class_id: int, rule: Rule
) -> rle.Runs:
    threshold, is_hard = rule.thresholds[class_id], rule.voting == "hard"
    units = np.array([unit for _, unit in voters], np.float32)
    level = hard_level(units) if is_hard else soft_level(threshold, units)
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
        values = member.values[part]
        counted = values >= own_level(threshold) if is_hard else values
        totals[np.searchsorted(occupied, place)] += counted * unit
    mask = (totals >= level).view(np.uint8)
    found = mask.any(axis=(1, 2))
    rows, lefts = np.divmod(occupied[found], columns)
    roi = tiles.assemble(rows, lefts, mask[found], (height, width))
    kept = components.largest(roi.values) if rule.largest_component else roi.values
    return rle.runs_of_roi(kept, top=roi.top, left=roi.left, width=width)
