"""What both sides are given: one synthetic hand at 2048 in every form that a part starts from."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset import annotations, layout
from handseg.dataset.phantom import writer
from handseg.images import reading
from handseg.inference.store import StoreCard, StoreWriter
from handseg.inference.tail import Region, Tail
from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.masks import bitfield, rle
from handseg.masks.polygons import Polygons
from handseg.models.refine import Refine
from handseg.storage import artifact
from handseg.storage.location import Location

SIDE = 2048
CUT = 8
MEMBERS = 5
_NATIVE = 512
_SOFT_PX = 6.0
"""Standard deviation of the blur that turns a mask into a member's probabilities."""
_GROUND, _RIPPLE = -9.0, 0.5
"""Logits where there is no bone: no network says 0, and its last digits are noise."""


@dataclass(frozen=True)
class Case:
    """A folder with one person's two hands, and what follows from the first."""

    folder: Path

    @cached_property
    def data(self) -> Path:
        """Raw data of one person, in the competition's layout."""
        root = self.folder / "data"
        if not root.exists():
            writer.write_dataset(root, people=1, size=SIDE, seed=5, workers=1)
        return root

    @cached_property
    def records(self) -> list[layout.ImageRecord]:
        """Both images' files."""
        return list(layout.scan(self.data))

    @property
    def record(self) -> layout.ImageRecord:
        """The first image's files."""
        return self.records[0]

    @cached_property
    def annotation_path(self) -> Path:
        """The first image's JSON."""
        path = self.record.annotation_path
        if path is None:
            raise FileNotFoundError(f"{self.record.image_path}: has no annotation")
        return path

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """uint8 (2048, 2048)."""
        return reading.read_grey(self.record.image_path)

    @cached_property
    def truths(self) -> list[Polygons]:
        """Both images' polygons."""
        paths = [r.annotation_path for r in self.records if r.annotation_path is not None]
        return [annotations.load(path, height=SIDE, width=SIDE) for path in paths]

    @property
    def truth(self) -> Polygons:
        """The first image's polygons."""
        return self.truths[0]

    @cached_property
    def field(self) -> NDArray[np.int32]:
        """Its bit field."""
        return bitfield.rasterise(self.truth, (SIDE, SIDE))

    @cached_property
    def planes(self) -> NDArray[np.bool_]:
        """(29, 2048, 2048): what a practitioner holds."""
        return np.stack([bitfield.plane(self.field, c) for c in range(bones.COUNT)])

    @cached_property
    def truth_runs(self) -> list[rle.Runs]:
        """The first image's truth as runs."""
        return bitfield.class_runs(self.truth, (SIDE, SIDE))

    def native(self, member: int = 0) -> NDArray[np.float32]:
        """Logits of one member at the network's own size: float32 (29, 512, 512)."""
        # Kept in a file: what makes them would count as memory of the side that starts from them.
        path = self.folder / f"native{member}.npy"
        if not path.exists():
            np.save(path, self._drawn(member))
        return np.asarray(np.load(path), np.float32)

    def _drawn(self, member: int) -> NDArray[np.float32]:
        random = np.random.default_rng(member)
        shape = (bones.COUNT, _NATIVE, _NATIVE)
        found = random.normal(_GROUND, _RIPPLE, shape).astype(np.float32)
        for class_id, plane in enumerate(self.planes):
            moved = np.roll(plane, (3 * member, -2 * member), axis=(0, 1)).astype(np.float32)
            soft = cv2.GaussianBlur(moved, (0, 0), _SOFT_PX)
            small = cv2.resize(soft, shape[1:], interpolation=cv2.INTER_AREA)
            inside = small > 1e-4
            p = np.clip(small[inside], 1e-4, 1 - 1e-4)
            found[class_id][inside] = np.log(p / (1 - p))
        return found

    def dense(self, member: int = 0) -> NDArray[np.float32]:
        """Probabilities of one member: float32 (29, 2048, 2048)."""
        logits = torch.from_numpy(self.native(member))[None]
        large = F.interpolate(logits, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        return np.asarray(torch.sigmoid(large)[0].numpy(), np.float32)

    def regions(self, member: int = 0) -> list[Region]:
        """The same where the product looks: boxes of 255ths, 0 below the cut and elsewhere."""
        tail = Tail(Fraction(SIDE, _NATIVE), None, CUT)
        return list(tail.regions(self.native(member), (SIDE, SIDE)))

    def tiles(self, member: int = 0) -> ImageTiles:
        """The same as tiles."""
        builder = TileBuilder(self.record.name, self.record.person, height=SIDE, width=SIDE)
        for region in self.regions(member):
            builder.add(region.class_id, region.values, top=region.top, left=region.left)
        return builder.build()

    def dense_file(self, member: int) -> Path:
        """The same as a float16 .npy file, which is how a streamed vote reads it."""
        path = self.folder / f"member{member}.npy"
        if not path.exists():
            np.save(path, self.dense(member).astype(np.float16))
        return path

    def store(self, member: int, images: int = 1) -> Path:
        """A probability store of a number of images that are all this one."""
        folder = self.folder / f"store{member}x{images}"
        if not folder.exists():
            tiles = self.tiles(member)
            place = artifact.writing(Location(str(folder)), folder=True)
            with place as path, StoreWriter(path, store_card(member)) as file:
                for number in range(images):
                    file.add(renamed(tiles, f"image{number:04d}.png"), number)
        return folder


def learned_refine() -> Refine:
    """A refinement as training leaves it: near the identity that it starts as."""
    torch.manual_seed(4)
    refine = Refine(bones.COUNT)
    with torch.no_grad():
        for parameter in refine.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return refine


def renamed(tiles: ImageTiles, name: str) -> ImageTiles:
    """The same tiles as another image's."""
    return ImageTiles(
        name, tiles.person, *tiles.shape, tiles.class_ids, tiles.rows, tiles.columns, tiles.values
    )


def store_card(member: int) -> StoreCard:
    """What a member's store says of itself."""
    return StoreCard(
        member=f"member{member}",
        fold=0,
        part="test",
        classes=list(bones.NAMES),
        dice=0.9,
        cut_level=CUT,
        checkpoint=f"{member}",
        cache="",
        folds="",
    )
