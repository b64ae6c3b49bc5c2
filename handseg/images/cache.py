"""The image cache: adjusted pixels and polygons of every image, for random access by memory map.

One Arrow IPC file per part, one record batch of one row per image, and an index of all of them. Raw
pixels are read without a copy. A CRC-32 over the whole row is verified the first time a process
reads an image. Which images there are is the index's to say: a flipped bit in an Arrow file's
footer can leave some out without a word.
"""

import itertools
import json
import mmap
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from handseg import columns, plain_text
from handseg.errors import BadInput, MissingInput
from handseg.images import cache_index, cache_row
from handseg.images.cache_index import Entry
from handseg.images.cache_row import CachedImage, Compression, PackedImage, Part
from handseg.row_file import Damaged, RowFile
from handseg.settings_codec import from_dict

__all__ = ["PARTS", "CacheWriter", "CachedImage", "ImageCache", "PackedImage", "Part"]

PARTS: tuple[Part, ...] = ("train", "test")
_FORMAT = b"handseg image cache 2"
_MAPPED_ROWS = 8
"""Images in turn of which the memory maps keep what was read: 4 MB each at 2048 x 2048. Mapping
again what the system still holds takes no time that could be measured beside an image's work."""
_REMEDY = "make the cache again with `handseg preprocess`"


@dataclass(frozen=True, kw_only=True)
class _Notes:
    """What the schema's metadata says of the images."""

    compression: Compression
    metadata: dict[str, str]


class CacheWriter:
    """Writes a cache image by image, as a context manager; memory does not grow with them."""

    def __init__(self, folder: Path, metadata: Mapping[str, str], compression: Compression) -> None:
        """Begin a cache.

        Args:
            folder: an empty folder.
            metadata: notes about the data.
            compression: of the pixels.
        """
        self._folder = folder
        self._compression = compression
        notes = _Notes(compression=compression, metadata=dict(metadata))
        self._schema = cache_row.SCHEMA.with_metadata(_to_schema(notes))
        self._open: dict[Part, tuple[Any, Any]] = {}
        self._entries: dict[str, Entry] = {}

    def __enter__(self) -> Self:
        return self

    def add(self, image: CachedImage) -> None:
        """Append one image to its part; see `write`."""
        self.write(self.pack(image))

    def pack(self, image: CachedImage) -> PackedImage:
        """Do most of the work of `add`; may be called in any thread."""
        return cache_row.pack(image, self._compression)

    def write(self, packed: PackedImage) -> None:
        """Append one packed image to its part.

        Raises:
            BadInput: an image of that name is there already.
        """
        if packed.name in self._entries:
            raise BadInput(f"{packed.name}: twice in the data; image names must be unique")
        if packed.part not in self._open:
            file = pa.OSFile(str(self._folder / f"{packed.part}.arrow"), "wb")
            self._open[packed.part] = file, pa.ipc.new_file(file, self._schema)
        file, writer = self._open[packed.part]
        writer.write_batch(packed.row)
        # Before the first batch the schema is written, and only then.
        length = pa.ipc.get_record_batch_size(packed.row)
        self._entries[packed.name] = Entry(
            packed.name, packed.row["person"][0].as_py(), packed.part, file.tell() - length, length
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file, writer in self._open.values():
            writer.close()
            file.close()
        if error is None:
            index = cache_index.to_text(self._compression, list(self._entries.values()))
            (self._folder / cache_index.FILE_NAME).write_text(index, encoding="utf-8")


class ImageCache:
    """Reads a cache: any image at any time, in constant memory.

    A copy in another process opens the files again.
    """

    def __init__(self, folder: Path) -> None:
        """Open the cache.

        Raises:
            MissingInput: no cache is there, or its index is missing.
            BadInput: a file of it is truncated, damaged or of another format.
        """
        self.folder = folder
        parts = [part for part in PARTS if self._path(part).is_file()]
        if "train" not in parts:
            raise MissingInput(f"{folder}: no image cache here; give what `preprocess` wrote")
        self._maps = {part: _mapped(self._path(part)) for part in parts}
        self._files = {part: _opened(self._path(part), self._maps[part]) for part in parts}
        self._verified: set[str] = set()
        self._rows = itertools.count()
        self._notes = {
            part: _from_schema(file, self._path(part)) for part, file in self._files.items()
        }
        self._index = self._indexed()

    def __reduce__(self) -> tuple[type["ImageCache"], tuple[Path]]:
        return ImageCache, (self.folder,)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def metadata(self) -> dict[str, str]:
        """What `preprocess` noted about the data."""
        return dict(self._notes["train"].metadata)

    def names(self, part: Part) -> list[str]:
        """Image names of a part, in sorted path order."""
        return list(self.people(part))

    def people(self, part: Part) -> dict[str, str]:
        """The person of each image of a part, by name, in sorted path order."""
        return {n: entry.person for n, (_, entry) in self._index.items() if entry.part == part}

    def stream(self, names: Iterable[str]) -> Iterator[CachedImage]:
        """Read images in the order given; see `read`."""
        return map(self.read, names)

    def read(self, name: str) -> CachedImage:
        """Read one image.

        Raises:
            MissingInput: the cache does not hold it.
            BadInput: it is damaged, or another image lies in its place.
        """
        if name not in self._index:
            raise MissingInput(f"{self.folder}: holds no image {name}; {_REMEDY}")
        position, entry = self._index[name]
        try:
            row = self._row(entry.part, position)
            if name not in self._verified:
                cache_row.check_intact(row, entry.name, entry.person)
                self._verified.add(name)
            return cache_row.unpack(row, entry.part, self._notes[entry.part].compression)
        except Damaged as error:
            fault = f"{name} is damaged ({error})"
            raise BadInput(f"{self._path(entry.part)}: {fault}; {_REMEDY}") from error

    def _path(self, part: Part) -> Path:
        return self.folder / f"{part}.arrow"

    def _row(self, part: Part, position: int) -> pa.RecordBatch:
        if next(self._rows) % _MAPPED_ROWS == 0:
            # What is in use still is read again from the file, by itself.
            for mapped in self._maps.values():
                mapped.madvise(mmap.MADV_DONTNEED)
        return self._files[part].read(position)

    def _indexed(self) -> dict[str, tuple[int, Entry]]:
        """Record batch and entry of every image, by name."""
        path = self.folder / cache_index.FILE_NAME
        if not path.is_file():
            raise MissingInput(f"{path}: not found; {_REMEDY}")
        listed: dict[str, list[Entry]] = {part: [] for part in PARTS}
        for entry in cache_index.parse(path.read_bytes(), str(path)).entries:
            listed.setdefault(entry.part, []).append(entry)
        for part, entries in listed.items():
            held = len(self._files[part]) if part in self._files else 0
            if held != len(entries):
                fault = f"{path} lists {len(entries)} images, this file holds {held}"
                raise BadInput(f"{self.folder / part}.arrow: {fault}; {_REMEDY}")
        return {e.name: (i, e) for entries in listed.values() for i, e in enumerate(entries)}


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError as error:
        raise BadInput(f"{path}: truncated or damaged ({error}); {_REMEDY}") from error


def _opened(path: Path, mapped: mmap.mmap) -> RowFile:
    try:
        return RowFile(pa.BufferReader(pa.py_buffer(mapped)))
    except Damaged as error:
        raise BadInput(f"{path}: truncated or damaged ({error}); {_REMEDY}") from error


def _to_schema(notes: _Notes) -> dict[bytes, bytes]:
    text = json.dumps(asdict(notes), sort_keys=True).encode()
    return {b"format": _FORMAT, b"notes": text, b"crc32": str(zlib.crc32(text)).encode()}


def _from_schema(file: RowFile, path: Path) -> _Notes:
    found = file.notes
    if found.get(b"format") != _FORMAT:
        raise BadInput(f"{path}: not of the format {_FORMAT.decode()!r}; {_REMEDY}")
    different = columns.differences(file.schema, cache_row.SCHEMA)
    if different:
        raise BadInput(f"{path}: {different}; {_REMEDY}")
    notes = found.get(b"notes", b"")
    if found.get(b"crc32") != str(zlib.crc32(notes)).encode():
        raise BadInput(f"{path}: the CRC-32 of its notes differs; {_REMEDY}")
    values = plain_text.json_of(notes, f"{path}: its notes", remedy=_REMEDY)
    return from_dict(_Notes, values, where=f"{path}: its notes")
