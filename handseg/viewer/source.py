"""What the viewer can show: images, who predicted them, and what is remarkable about each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from handseg import bones
from handseg.images.cache import CachedImage, Part
from handseg.inference.store import ImageTiles
from handseg.masks.rle import Runs

ENSEMBLE = "ensemble"
"""The predictor that is the members' vote."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One image of the list."""

    name: str
    person: str
    part: Part
    fold: int | None = None
    """That holds it out; None for test images, and where no fold table is known."""
    predictors: tuple[str, ...] = ()
    """Who predicted it: `ENSEMBLE` where there is a vote, then members by name."""
    warnings: tuple[str, ...] = ()
    """What a look at the data found, as text."""
    oddness: float = 0.0
    """Score of the worst of these, in [0, 1]; 0 where there are none."""
    odd_bones: tuple[int, ...] = ()
    """Class ids that these name."""


class Source(Protocol):
    """Where the viewer's images come from; every function may be called in any thread."""

    @property
    def title(self) -> str:
        """What is shown, in a few words."""

    @property
    def images(self) -> Mapping[str, Listed]:
        """By name, in sorted path order, train before test."""

    def image(self, name: str) -> CachedImage:
        """Pixels and, where it has them, polygons."""

    def predicted(self, name: str, by: str) -> Sequence[Runs]:
        """29 runs in the official order."""

    def probabilities(self, name: str, by: str) -> list[tuple[ImageTiles, float]]:
        """Tiles of each voter with its part of the vote; the parts add up to 1."""


@dataclass(frozen=True)
class Oddities:
    """What `handseg eda` found of each image."""

    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    bones: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Class ids of those that are named."""

    @classmethod
    def of(cls, outliers: Sequence[Mapping[str, Any]]) -> "Oddities":
        """Take them from the entries of eda.json, worst first."""
        reasons: dict[str, tuple[str, ...]] = {}
        scores: dict[str, float] = {}
        named: dict[str, tuple[int, ...]] = {}
        for one in outliers:
            name = str(one["image_name"])
            reasons[name] = (*reasons.get(name, ()), str(one["reason"]))
            scores[name] = max(scores.get(name, 0.0), float(str(one["score"])))
            # Facts of other bones than today's may be given.
            known = {bones.CLASS_ID[bone] for bone in one["bones"] if bone in bones.CLASS_ID}
            named[name] = tuple(sorted(known.union(named.get(name, ()))))
        return cls(reasons, scores, named)
