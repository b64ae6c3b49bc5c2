"""A run's folder as the viewer shows it: its cache, its members' stores, and their vote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from handseg.ensemble import voting
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images.cache import CachedImage, ImageCache
from handseg.inference.store import ImageTiles, Store
from handseg.masks import rle
from handseg.masks.rle import Runs
from handseg.report import scores
from handseg.report.scores import MEMBER_THRESHOLD, Voters
from handseg.viewer.source import ENSEMBLE, Listed, Oddities


@dataclass(frozen=True, kw_only=True)
class RunParts:
    """What of a run is there; a run that still goes on has no vote yet."""

    title: str
    cache: ImageCache
    table: FoldTable
    stores: Sequence[Store]
    """Out-of-fold and test stores of the members that have any."""
    voters: Voters
    """Who votes on an image that has no submission."""
    submission: Mapping[str, Sequence[str]]
    """Image name -> 29 RLE texts; empty where there is none yet."""
    oddities: Oddities


class RunSource:
    """Images of a run's cache with what its members predicted."""

    def __init__(self, parts: RunParts) -> None:
        """List the images.

        Args:
            parts: of the run.
        """
        self.title = parts.title
        self._parts = parts
        # A cache is not to be read by two threads at once.
        self._reading = Lock()
        self._stores: dict[str, dict[str, Store]] = {}
        for store in parts.stores:
            for name in store.people:
                self._stores.setdefault(name, {})[store.card.member] = store
        self.images: Mapping[str, Listed] = self._listed()

    def _listed(self) -> dict[str, Listed]:
        cache, oddities = self._parts.cache, self._parts.oddities
        folds = {row.image_name: row.fold for row in self._parts.table.rows}
        return {
            name: Listed(
                name=name,
                person=person,
                part=part,
                fold=folds.get(name),
                predictors=self._predictors(name),
                warnings=oddities.reasons.get(name, ()),
                oddness=oddities.scores.get(name, 0.0),
                odd_bones=oddities.bones.get(name, ()),
            )
            for part in ("train", "test")
            for name, person in cache.people(part).items()
        }

    def _predictors(self, name: str) -> tuple[str, ...]:
        members = tuple(self._stores.get(name, ()))
        return (ENSEMBLE, *members) if members or name in self._parts.submission else ()

    def image(self, name: str) -> CachedImage:
        """See `Source`."""
        with self._reading:
            return self._parts.cache.read(name)

    def predicted(self, name: str, by: str) -> Sequence[Runs]:
        """See `Source`: the submission where it holds the image, else the members' vote."""
        if by != ENSEMBLE:
            return voting.vote([self._tiles(name)[by]], [1.0], MEMBER_THRESHOLD)
        texts = self._parts.submission.get(name)
        if texts is not None:
            pixels = self.image(name).pixels.size
            return [rle.parse(text, pixels) for text in texts]
        return scores.predict(self._tiles(name), self._parts.voters)

    def probabilities(self, name: str, by: str) -> list[tuple[ImageTiles, float]]:
        """See `Source`."""
        tiles = self._tiles(name)
        if by != ENSEMBLE:
            return [(tiles[by], 1.0)]
        voters = self._parts.voters
        weights = voters.shares.of([voters.names.index(member) for member in tiles])
        total = sum(weights)
        pairs = zip(tiles.values(), weights, strict=True)
        return [(found, weight / total) for found, weight in pairs if weight]

    def _tiles(self, name: str) -> dict[str, ImageTiles]:
        stores = self._stores.get(name, {})
        if not stores:
            raise BadInput(f"{name}: no member's probabilities of it are in this run")
        return {member: store.read(name) for member, store in stores.items()}
