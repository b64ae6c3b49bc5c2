"""The probability store: what one member predicts for many images, as occupied 64x64 tiles.

One Arrow IPC file in a folder, one record batch of one row per image. Values are 255ths of the
probability; those under the card's cut are 0, and tiles of zeros are left out.
"""

import json
import logging
import threading
import zlib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import pyarrow as pa

from handseg import columns, plain_text
from handseg.dataset.layout import is_safe
from handseg.errors import BadInput, MissingInput, shown
from handseg.inference import record
from handseg.inference.tiles import LEVELS, TILE_PX, ImageTiles
from handseg.row_file import Damaged, RowFile
from handseg.settings_codec import from_dict

__all__ = ["FILE_NAME", "TILE_PX", "ImageTiles", "Store", "StoreCard", "StoreWriter"]

logger = logging.getLogger(__name__)

FILE_NAME = "probabilities.arrow"
_FORMAT = b"handseg probabilities 2"
_CROWDED_FRACTION = 0.2
_REMEDY = "make the store again with `handseg infer`"


@dataclass(frozen=True, kw_only=True)
class StoreCard:
    """What made a store."""

    member: str
    """The member's name."""
    fold: int
    """Its held-out fold."""
    part: Literal["test", "oof"]
    """The test images, or the images of the held-out fold."""
    classes: list[str]
    """Class names; a tile's class id is an index into them."""
    dice: float | None
    """The member's mean validation Dice, where it was validated."""
    cut_level: int
    """Values below it were stored as 0."""
    checkpoint: str
    """Hash of the checkpoint."""
    cache: str
    """Hash of the image cache."""
    folds: str
    """Hash of the fold table."""


class StoreWriter:
    """Writes a store image by image, as a context manager; memory does not grow with them."""

    def __init__(self, folder: Path, card: StoreCard) -> None:
        self._path = folder / FILE_NAME
        self._card = card
        self._names: set[str] = set()
        self._crowded: list[tuple[float, str]] = []

    def __enter__(self) -> Self:
        self._file = pa.OSFile(str(self._path), "wb")
        schema = record.SCHEMA.with_metadata(_metadata(self._card))
        self._writer = pa.ipc.new_file(self._file, schema)
        return self

    def add(self, tiles: ImageTiles, position: int) -> None:
        """Append one image.

        Args:
            tiles: the image.
            position: its place among the images of its part in sorted path order, from 0; a
                person's name may be a hash, and says nothing of it.

        Raises:
            BadInput: an image of that name is there already.
        """
        if tiles.name in self._names:
            raise BadInput(f"{self._path}: image {tiles.name} twice; image names must be unique")
        self._names.add(tiles.name)
        if tiles.occupancy > _CROWDED_FRACTION:
            self._crowded.append((tiles.occupancy, tiles.name))
        self._writer.write_batch(record.pack(tiles, position))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        self._file.close()
        if self._crowded and error is None:
            most, name = max(self._crowded)
            logger.warning(
                "member %s: %d of %d images occupy over %.0f%% of all tiles, %s most (%.0f%%): "
                "it is hardly trained, and its store is large and slow to vote with",
                self._card.member,
                len(self._crowded),
                len(self._names),
                100 * _CROWDED_FRACTION,
                name,
                100 * most,
            )


class Store:
    """Reads a store: any image at any time, from several threads; only what is asked for."""

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            MissingInput: no store is there.
            BadInput: it is truncated, damaged or of another format.
        """
        self.path = folder / FILE_NAME
        if not self.path.is_file():
            raise MissingInput(f"{self.path}: not found; give a folder that `handseg infer` wrote")
        self._lock = threading.Lock()
        self._file = self._open(None)
        if self._file.notes.get(b"format") != _FORMAT:
            raise self._damaged(f"not of the format {_FORMAT.decode()!r}")
        different = columns.differences(self._file.schema, record.SCHEMA)
        if different:
            raise BadInput(f"{self.path}: {different}; {_REMEDY}")
        text = self._file.notes.get(b"card", b"")
        if self._file.notes.get(b"card_crc32") != str(zlib.crc32(text)).encode():
            raise self._damaged("the CRC-32 of its card does not match")
        where = f"{self.path}: its card"
        self.card = from_dict(
            StoreCard, plain_text.json_of(text, where, remedy=_REMEDY), where=where
        )

    def __len__(self) -> int:
        return len(self._file)

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        """Person and position of each image, by name, in stored order."""
        names = ["name", "person", "position"]
        file = self._open([*map(record.SCHEMA.names.index, names)])
        rows = (self._row(file, index) for index in range(len(self)))
        known = [[row[name][0].as_py() for name in names] for row in rows]
        places = {name: (person, position) for name, person, position in known}
        if len(places) != len(self):
            raise self._damaged("an image is there twice")
        odd = [name for name in places if not is_safe(name)]
        if odd:
            raise self._damaged(f"image {shown(odd[0])}, which no image can be called")
        return places

    @cached_property
    def people(self) -> dict[str, str]:
        """The person of each image, by name, in stored order."""
        return {name: person for name, (person, _) in self._places.items()}

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each image stands in its part in sorted path order, by name, in stored order."""
        return {name: position for name, (_, position) in self._places.items()}

    @cached_property
    def names(self) -> list[str]:
        """The images, in stored order."""
        return list(self.people)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    def read(self, name: str) -> ImageTiles:
        """Read one image.

        Raises:
            MissingInput: the store does not hold it.
            BadInput: it is damaged.
        """
        if name not in self._index:
            raise MissingInput(f"{self.path}: holds no image {name}; {_REMEDY}")
        row = self._row(self._file, self._index[name])
        try:
            return record.unpack(row)
        except Damaged as error:
            raise self._damaged(str(error)) from error

    def _open(self, fields: list[int] | None) -> RowFile:
        """Open the file for some columns, or for all."""
        try:
            # Plain reads: what a memory map has touched would count as this process's memory.
            return RowFile(pa.OSFile(str(self.path)), fields)
        except Damaged as error:
            raise self._damaged(str(error)) from error

    def _row(self, file: RowFile, index: int) -> pa.RecordBatch:
        try:
            with self._lock:
                return file.read(index)
        except Damaged as error:
            raise self._damaged(f"row {index}: {error}") from error

    def _damaged(self, fault: str) -> BadInput:
        return BadInput(f"{self.path}: truncated or damaged ({fault}); copy it again, or {_REMEDY}")


def _metadata(card: StoreCard) -> dict[bytes, bytes]:
    text = json.dumps(asdict(card), sort_keys=True, allow_nan=False).encode()
    return {
        b"format": _FORMAT,
        b"tile_px": str(TILE_PX).encode(),
        b"levels": str(LEVELS).encode(),
        b"card": text,
        b"card_crc32": str(zlib.crc32(text)).encode(),
    }
