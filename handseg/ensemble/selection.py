"""Chooses how members vote from their out-of-fold predictions, and says what that is worth."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg.ensemble.choice import Choice
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.settings import EnsembleSettings

Track = Callable[[Iterable[object], int], Iterable[object]]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A choice, and what its evidence was computed from."""

    choice: Choice
    images: list[str]
    people: list[str]
    """Of each image."""
    given: NDArray[np.float64]
    """(images, 29): Dice of the vote before the choice."""
    nested: NDArray[np.float64]
    """(images, 29): Dice of choices made without the image's person."""


def choose(
    *,
    stores: Sequence[Store],
    families: Sequence[str],
    cache: ImageCache,
    weights: Sequence[float] | None = None,
    settings: EnsembleSettings = EnsembleSettings(),  # noqa: B008 - frozen
) -> Selection:
    """Choose family weights, members, voting, thresholds and cleaning, each where it helps.

    Args:
        stores: out-of-fold stores of the members, at least one.
        families: of each store, the name of its member's family (see `families.label`).
        cache: with the truth of the images.
        weights: what the members begin with; by default their validation Dice.
        settings: what the vote begins with.

    Raises:
        BadInput: fewer than three people were held out, or the stores cannot vote together.
    """
    raise NotImplementedError
