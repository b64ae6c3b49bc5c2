"""The image cache: adjusted pixels and polygons of every image, for random access by memory map.

One Arrow IPC file per part, one record batch of one row per image. Raw pixels are read without a
copy. A CRC-32 over pixels and polygons is verified the first time a process reads an image.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from handseg.errors import BadInput, MissingInput
from handseg.masks.polygons import Polygons

Part = Literal["train", "test"]
PARTS: tuple[Part, ...] = ("train", "test")
_FORMAT = b"handseg image cache 1"
_REMEDY = "make the cache again with `handseg preprocess`"
_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("person", pa.string()),
        ("height", pa.uint32()),
        ("width", pa.uint32()),
        ("pixels", pa.binary()),
        ("class_ids", pa.list_(pa.uint8())),
        ("lengths", pa.list_(pa.uint32())),
        ("points", pa.binary()),
        ("crc32", pa.uint32()),
    ]
)


@dataclass(frozen=True)
class CachedImage:
    """One image as training and inference see it."""

    name: str
    person: str
    part: Part
    pixels: NDArray[np.uint8]
    """(H, W), read-only."""
    polygons: Polygons
    """Empty for test images."""


class CacheWriter:
    """Writes a cache image by image, as a context manager; memory does not grow with them."""

    def __init__(
        self, folder: Path, metadata: Mapping[str, str], compression: Literal["none", "zstd"]
    ) -> None:
        self._folder = folder
        self._schema = _SCHEMA.with_metadata(
            {
                b"format": _FORMAT,
                b"compression": compression.encode(),
                b"metadata": json.dumps(dict(metadata), sort_keys=True).encode(),
            }
        )
        self._codec = pa.Codec("zstd", compression_level=1) if compression == "zstd" else None
        self._open: dict[Part, tuple[Any, Any]] = {}
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def add(self, image: CachedImage) -> None:
        """Append one image to its part.

        Raises:
            BadInput: an image of that name is there already.
        """
        if image.name in self._names:
            raise BadInput(f"{image.name}: twice in the data; image names must be unique")
        self._names.add(image.name)
        if image.part not in self._open:
            file = pa.OSFile(str(self._folder / f"{image.part}.arrow"), "wb")
            self._open[image.part] = file, pa.ipc.new_file(file, self._schema)
        self._open[image.part][1].write_batch(_pack(image, self._codec))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file, writer in self._open.values():
            writer.close()
            file.close()


def _pack(image: CachedImage, codec: pa.Codec | None) -> pa.RecordBatch:
    pairs = [(c, polygon) for c, polygons in image.polygons.items() for polygon in polygons]
    points = b"".join(np.ascontiguousarray(polygon, np.int32).tobytes() for _, polygon in pairs)
    pixels = np.ascontiguousarray(image.pixels).tobytes()
    if codec is not None:
        pixels = codec.compress(pixels, asbytes=True)
    values: list[Any] = [
        [image.name],
        [image.person],
        [image.pixels.shape[0]],
        [image.pixels.shape[1]],
        [pixels],
        [[class_id for class_id, _ in pairs]],
        [[len(polygon) for _, polygon in pairs]],
        [points],
        [zlib.crc32(points, zlib.crc32(pixels))],
    ]
    arrays = [pa.array(v, field.type) for v, field in zip(values, _SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=_SCHEMA)


class ImageCache:
    """Reads a cache: any image at any time; a copy in another process opens the files again."""

    def __init__(self, folder: Path) -> None:
        """Open the cache.

        Raises:
            MissingInput: no cache is there.
            BadInput: a file of it is truncated, damaged or of another format.
        """
        self.folder = folder
        self._readers = {part: self._reader(folder / f"{part}.arrow") for part in PARTS}
        self._verified: set[str] = set()
        if self._readers["train"] is None:
            raise MissingInput(f"{folder}: no image cache here; give what `preprocess` wrote")

    def __reduce__(self) -> tuple[type["ImageCache"], tuple[Path]]:
        return ImageCache, (self.folder,)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def metadata(self) -> dict[str, str]:
        """What `preprocess` noted about the data."""
        found: dict[str, str] = json.loads(self._readers["train"].schema.metadata[b"metadata"])
        return found

    def names(self, part: Part) -> list[str]:
        """Image names of a part, in sorted path order."""
        return list(self.people(part))

    def people(self, part: Part) -> dict[str, str]:
        """The person of each image of a part, by name, in sorted path order."""
        return {n: person for n, (found, _, person) in self._index.items() if found == part}

    def read(self, name: str) -> CachedImage:
        """Read one image.

        Raises:
            MissingInput: the cache does not hold it.
            BadInput: its CRC-32 does not match.
        """
        if name not in self._index:
            raise MissingInput(f"{self.folder}: holds no image {name}; {_REMEDY}")
        part, position, person = self._index[name]
        batch = self._readers[part].get_batch(position)
        stored = batch["pixels"][0].as_buffer()
        points = batch["points"][0].as_buffer()
        if name not in self._verified:
            if zlib.crc32(points, zlib.crc32(stored)) != batch["crc32"][0].as_py():
                raise BadInput(f"{self.folder}: the CRC-32 of {name} does not match; {_REMEDY}")
            self._verified.add(name)
        shape = batch["height"][0].as_py(), batch["width"][0].as_py()
        if self._readers[part].schema.metadata[b"compression"] == b"zstd":
            stored = pa.Codec("zstd").decompress(stored, shape[0] * shape[1])
        pixels = np.frombuffer(stored, np.uint8).reshape(shape)
        lengths = batch["lengths"][0].as_py()
        split = np.split(np.frombuffer(points, np.int32).reshape(-1, 2), np.cumsum(lengths)[:-1])
        polygons: Polygons = {}
        for class_id, polygon in zip(batch["class_ids"][0].as_py(), split, strict=False):
            polygons.setdefault(class_id, []).append(polygon)
        return CachedImage(name, person, part, pixels, polygons)

    @cached_property
    def _index(self) -> dict[str, tuple[Part, int, str]]:
        """Part, record batch and person of every image."""
        index: dict[str, tuple[Part, int, str]] = {}
        for part, reader in self._readers.items():
            for position in range(reader.num_record_batches if reader else 0):
                batch = reader.get_batch(position)
                index[batch["name"][0].as_py()] = part, position, batch["person"][0].as_py()
        return index

    @staticmethod
    def _reader(path: Path) -> Any:
        if not path.is_file():
            return None
        try:
            reader = pa.ipc.open_file(pa.memory_map(str(path)))
        except (pa.ArrowException, OSError) as error:
            raise BadInput(f"{path}: truncated or damaged ({error}); {_REMEDY}") from error
        if (reader.schema.metadata or {}).get(b"format") != _FORMAT:
            raise BadInput(f"{path}: not of the format {_FORMAT.decode()!r}; {_REMEDY}")
        return reader
