"""Who has how much of the vote on an image: families have weights, members share their family's.

Members of one family differ in fold and seed alone. On an image held out, a family is heard through
those few members that never saw it; on a new image through all of them. Either way it has its
family's weight, so that what out-of-fold predictions tell about families holds for new images.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Weights of families, and how each family's members share it."""

    families: tuple[int, ...]
    """Of each store, the family it is of: an index into `weights`."""
    own: tuple[float, ...]
    """Of each store, its weight among its family; 0 or more."""
    weights: tuple[float, ...]
    """Of each family; 0 or more."""

    @classmethod
    def plain(cls, weights: Sequence[float]) -> "Shares":
        """Every store by itself, with its own weight whoever else votes."""
        count = len(weights)
        return cls(families=tuple(range(count)), own=(1.0,) * count, weights=tuple(weights))

    @classmethod
    def of_families(cls, families: Sequence[int], weights: Sequence[float]) -> "Shares":
        """Families as heavy as their members together; on a new image that is the plain vote."""
        totals = [0.0] * (max(families) + 1)
        for family, weight in zip(families, weights, strict=True):
            totals[family] += weight
        return cls(families=tuple(families), own=tuple(weights), weights=tuple(totals))

    def of(self, voters: Sequence[int]) -> list[float]:
        """The weights of those who vote on one image; alike, where none of them has any.

        Args:
            voters: indices of stores, at least one.
        """
        totals = dict.fromkeys((self.families[voter] for voter in voters), 0.0)
        for voter in voters:
            totals[self.families[voter]] += self.own[voter]
        shares = [self._share(voter, totals[self.families[voter]]) for voter in voters]
        return shares if any(shares) else [1.0] * len(voters)

    def _share(self, voter: int, of_all: float) -> float:
        return self.weights[self.families[voter]] * self.own[voter] / of_all if of_all else 0.0
