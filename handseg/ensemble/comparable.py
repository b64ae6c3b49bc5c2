"""What out-of-fold predictions can compare: those who predicted the same images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg.ensemble.panel import Ballot

Rows = NDArray[np.bool_]
"""(images,): which of them are meant."""


@dataclass(frozen=True, eq=False)
class Peers:
    """Families, or members of one family, that can be told apart on some images."""

    who: tuple[int, ...]
    """Two or more families or stores, by index."""
    rows: Rows
    """The images on which at least two of them voted."""


def families(ballots: Sequence[Ballot], family_of: Sequence[int]) -> list[Peers]:
    """Families linked by images that they predicted together; those alone are left out."""
    heard = [sorted({family_of[voter] for voter in ballot.voters}) for ballot in ballots]
    groups: list[set[int]] = []
    for present in heard:
        joined = set(present)
        for group in [group for group in groups if group & joined]:
            groups.remove(group)
            joined |= group
        groups.append(joined)
    return _peers(groups, heard)


def siblings(
    ballots: Sequence[Ballot], family_of: Sequence[int], folds: Sequence[int]
) -> list[Peers]:
    """Members of one family that held the same fold out, as those that differ in seed alone."""
    alike: dict[tuple[int, int], set[int]] = {}
    for store, key in enumerate(zip(family_of, folds, strict=True)):
        alike.setdefault(key, set()).add(store)
    return _peers(list(alike.values()), [ballot.voters for ballot in ballots])


def _peers(groups: Sequence[set[int]], heard: Sequence[Sequence[int]]) -> list[Peers]:
    found = []
    for group in groups:
        rows = np.array([len(group.intersection(present)) > 1 for present in heard])
        if rows.any():
            found.append(Peers(tuple(sorted(group)), rows))
    return found
