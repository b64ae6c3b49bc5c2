"""What the commands are given: much of it one hand under many names, so that it is made soon."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from safetensors.torch import save_file

from handseg.dataset.phantom import writer
from handseg.images.cache import CacheWriter, ImageCache
from handseg.inference.store import StoreWriter
from handseg.inference.tiles import ImageTiles
from handseg.presets import catalogue
from handseg.settings import SplitSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.stages.train import train
from handseg.storage import artifact
from handseg.storage.location import Location
from handseg.training import checkpoint
from tests.benchmarks.case import MEMBERS, SIDE, Case, renamed, store_card

_MEMBER_PEOPLE = 4
_SEED = 5
_FOLDS = 2
_PARTS = ("DCM", "outputs_json")


@dataclass(frozen=True)
class Inputs:
    """A folder, and what is made in it when it is first asked for."""

    folder: Path
    most_people: int
    """People drawn; smaller data sets are the first of them."""
    test_images: int
    """Test images in the cache."""

    def store(self, member: int, images: int) -> Path:
        """A member's store of one hand under many names, at 2048."""
        place = self.folder / f"store{member}x{images}"
        if not place.exists():
            writing = artifact.writing(Location(str(place)), folder=True)
            with writing as folder, StoreWriter(folder, store_card(member)) as file:
                for number in range(images):
                    tiles = renamed(self._tiles[member], f"image{number:05d}.png")
                    file.add(tiles, number)
        return place

    @cached_property
    def _tiles(self) -> list[ImageTiles]:
        """What each member says of the hand."""
        case = Case(self.folder)
        return [case.tiles(member) for member in range(MEMBERS)]

    def data(self, people: int) -> Path:
        """Raw data of people whose hands have 2048 px."""
        if people == self.most_people:
            return self._everyone
        root = self.folder / f"people{people}"
        if root.exists():
            return root
        for part in _PARTS:
            for person in sorted((self._everyone / "train" / part).iterdir())[:people]:
                place = root / "train" / part / person.name
                place.mkdir(parents=True)
                for file in person.iterdir():
                    os.link(file, place / file.name)
        return root

    @cached_property
    def _everyone(self) -> Path:
        root = self.folder / "everyone"
        writer.write_dataset(root, people=self.most_people, size=SIDE, seed=_SEED)
        return root

    def folds(self, people: int) -> Path:
        """A fold table of so many people."""
        out = self.folder / f"people{people}.csv"
        data = Location(str(self.data(people)))
        split(data=data, out=Location(str(out)), settings=SplitSettings(folds=_FOLDS))
        return out

    @cached_property
    def member(self) -> tuple[Path, Path]:
        """A small network that finds bones, and a cache that it may be asked about.

        It learns for some seconds: the tail has work only where something is found.
        """
        folds, small, learned, large = (
            Location(str(place))
            for place in (
                self.folds(_MEMBER_PEOPLE),
                *(self.folder / name for name in ("small", "learned", "large")),
            )
        )
        preprocess(data=Location(str(self.data(_MEMBER_PEOPLE))), folds=folds, out=small)
        settings = catalogue.load("smoke").members[0].train
        train(cache=small, folds=folds, fold=0, out=learned, settings=settings)
        self._repeat(ImageCache(small.path), large.path)
        return self._of_cache(learned.path, large.path), large.path

    def _repeat(self, cache: ImageCache, out: Path) -> None:
        """The training images, and the first of them as every test image."""
        names = cache.names("train")
        first = cache.read(names[0])
        with (
            artifact.writing(Location(str(out)), folder=True) as folder,
            CacheWriter(folder, cache.metadata, "none") as file,
        ):
            for name in names:
                file.add(cache.read(name))
            for number in range(self.test_images):
                name = f"test{number:05d}.png"
                file.add(replace(first, name=name, person="T001", part="test", polygons={}))

    def _of_cache(self, learned: Path, cache: Path) -> Path:
        """The member as if it had been trained from another cache."""
        network, card = checkpoint.load_model(learned)
        place = self.folder / "member"
        with artifact.writing(Location(str(place)), folder=True) as folder:
            save_file(dict(network.state_dict()), folder / checkpoint.MODEL)
            checkpoint.save_card(folder, replace(card, cache=artifact.content_hash(cache)))
        return place
