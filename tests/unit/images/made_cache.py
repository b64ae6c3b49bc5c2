"""Small images, and caches of them."""

from pathlib import Path

import numpy as np

from handseg.images.cache import CachedImage, CacheWriter, Part
from handseg.images.cache_row import Compression

TRIANGLE = np.array([[1, 2], [3, 4], [5, 0]], np.int32)
COMPRESSIONS: tuple[Compression, ...] = ("none", "zstd")


def image(name: str, person: str = "ann", part: Part = "train", seed: int = 0) -> CachedImage:
    pixels = np.random.default_rng(seed).integers(0, 256, (7, 5 + seed), np.uint8)
    polygons = {0: [TRIANGLE], 28: [TRIANGLE + 1, TRIANGLE + 2]} if part == "train" else {}
    return CachedImage(name, person, part, pixels, polygons)


def write(
    folder: Path, *images: CachedImage, compression: Compression = "none", notes: str = "x"
) -> Path:
    folder.mkdir(exist_ok=True)
    with CacheWriter(folder, {"data": notes}, compression) as writer:
        for each in images:
            writer.add(each)
    return folder


def assert_equal(found: CachedImage, expected: CachedImage) -> None:
    assert (found.name, found.person, found.part) == (
        expected.name,
        expected.person,
        expected.part,
    )
    assert found.pixels.dtype == np.uint8
    assert np.array_equal(found.pixels, expected.pixels)
    assert found.polygons.keys() == expected.polygons.keys()
    for class_id, shapes in expected.polygons.items():
        assert [p.tolist() for p in found.polygons[class_id]] == [p.tolist() for p in shapes]
