"""Where members disagree: 1 - Dice between their own masks, which needs no truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.masks import dice
from handseg.masks.rle import Runs
from handseg.report.pair_overlays import PairOverlay

Pair = tuple[str, str]
"""Names of two members."""
LISTED = 50
"""Images of the table, those that members disagree on most."""


@dataclass(frozen=True, kw_only=True)
class ImageDisagreement:
    """How far members differ on one image."""

    name: str
    person: str
    per_bone: NDArray[np.float64]
    """float64 (29,): mean over all pairs of members of 1 - Dice between the masks of the two."""
    pairs: Mapping[Pair, float]
    """Of each pair, the mean over bones."""
    pair: Pair
    """Those that differ most on it."""
    bones_of_pair: NDArray[np.float64]
    """float64 (29,): 1 - Dice between the masks of that pair."""

    @property
    def mean(self) -> float:
        """Mean over pairs and bones."""
        return float(self.per_bone.mean())


def of_masks(
    name: str, person: str, masks: Mapping[str, Sequence[Runs]]
) -> ImageDisagreement | None:
    """Compare the members' masks of one image.

    Args:
        name: of the image.
        person: of the image.
        masks: by member, 29 runs in the official order.

    Returns:
        None for fewer than two members.
    """
    if len(masks) < 2:
        return None
    apart = {pair: _apart(masks[pair[0]], masks[pair[1]]) for pair in combinations(masks, 2)}
    pair = max(apart, key=lambda two: float(apart[two].mean()))
    return ImageDisagreement(
        name=name,
        person=person,
        per_bone=np.mean(list(apart.values()), axis=0),
        pairs={two: float(found.mean()) for two, found in apart.items()},
        pair=pair,
        bones_of_pair=apart[pair],
    )


def _apart(first: Sequence[Runs], second: Sequence[Runs]) -> NDArray[np.float64]:
    return 1 - np.array([dice.dice(a, b) for a, b in zip(first, second, strict=True)])


@dataclass(frozen=True, kw_only=True)
class PairMean:
    """Two members on all images that both predicted."""

    pair: Pair
    images: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """How far members differ on all images that several of them predicted."""

    part: Literal["test", "oof"]
    """Test images, or those that several members held out."""
    images: int
    per_bone: NDArray[np.float64]
    """float64 (29,): mean over the images."""
    pairs: tuple[PairMean, ...]
    """Those that differ most first."""
    worst: tuple[ImageDisagreement, ...]
    """Of up to `LISTED` images, the worst first."""
    overlays: tuple[PairOverlay, ...] = ()
    """Of the first few of these."""

    @property
    def mean(self) -> float:
        """Mean over images and bones."""
        return float(self.per_bone.mean())


class Adding:
    """Adds images up and keeps the worst few, so that memory does not grow with their number."""

    def __init__(self) -> None:
        self._images = 0
        self._sum = np.zeros(bones.COUNT)
        self._pairs: dict[Pair, tuple[int, float]] = {}
        self._worst: list[ImageDisagreement] = []

    def add(self, one: ImageDisagreement | None) -> None:
        """Add an image; None, one that cannot be compared, changes nothing."""
        if one is None:
            return
        self._images += 1
        self._sum += one.per_bone
        for pair, mean in one.pairs.items():
            images, total = self._pairs.get(pair, (0, 0.0))
            self._pairs[pair] = (images + 1, total + mean)
        worst = sorted([*self._worst, one], key=lambda found: (-found.mean, found.name))
        self._worst = worst[:LISTED]

    def result(self, part: Literal["test", "oof"]) -> Disagreement | None:
        """What they come to; None where no image could be compared."""
        if not self._images:
            return None
        means = [
            PairMean(pair=pair, images=images, mean=total / images)
            for pair, (images, total) in self._pairs.items()
        ]
        return Disagreement(
            part=part,
            images=self._images,
            per_bone=self._sum / self._images,
            pairs=tuple(sorted(means, key=lambda found: -found.mean)),
            worst=tuple(self._worst),
        )
