import pickle
import random
from pathlib import Path

import numpy as np
import pytest

from handseg.errors import BadInput, MissingInput
from handseg.images.cache import CachedImage, CacheWriter, ImageCache
from handseg.images.cache_row import Compression
from tests.unit.images.made_cache import COMPRESSIONS, assert_equal, image, write


def test_images_are_listed_by_part_in_the_order_they_were_written(cache_folder: Path) -> None:
    cache = ImageCache(cache_folder)
    assert cache.names("train") == ["b.png", "a.png"]
    assert cache.people("train") == {"b.png": "ann", "a.png": "bob"}
    assert cache.people("test") == {"t.png": "cleo"}
    assert len(cache) == 3
    assert cache.metadata == {"data": "x"}


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_is_written_is_read(tmp_path: Path, compression: Compression) -> None:
    images = [image("b.png"), image("t.png", part="test", seed=3)]
    cache = ImageCache(write(tmp_path / "cache", *images, compression=compression))
    for expected in images:
        assert_equal(cache.read(expected.name), expected)
        assert_equal(cache.read(expected.name), expected)


def test_raw_pixels_are_read_without_a_copy_and_only_read(cache_folder: Path) -> None:
    pixels = ImageCache(cache_folder).read("b.png").pixels
    assert not pixels.flags.owndata
    assert not pixels.flags.writeable


def test_pixels_in_another_memory_layout_are_written_row_by_row(tmp_path: Path) -> None:
    expected = image("a.png")
    turned = CachedImage("a.png", "ann", "train", np.asfortranarray(expected.pixels), {})
    found = ImageCache(write(tmp_path / "cache", turned)).read("a.png")
    assert np.array_equal(found.pixels, expected.pixels)


def test_the_same_images_make_the_same_bytes(tmp_path: Path) -> None:
    for compression in COMPRESSIONS:
        made = [
            write(tmp_path / f"{compression}{i}", image("a.png"), compression=compression)
            for i in range(2)
        ]
        first, second = [(path / "train.arrow").read_bytes() for path in made]
        assert first == second


def test_an_image_twice_is_refused_across_parts(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"a\.png: twice"):
        write(tmp_path / "cache", image("a.png"), image("a.png", part="test"))


def test_a_cache_without_test_part_is_one(tmp_path: Path) -> None:
    cache = ImageCache(write(tmp_path / "cache", image("a.png")))
    assert cache.names("test") == []


def test_a_copy_in_another_process_opens_the_files_again(cache_folder: Path) -> None:
    cache = ImageCache(cache_folder)
    assert_equal(pickle.loads(pickle.dumps(cache)).read("b.png"), cache.read("b.png"))


def test_no_cache_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no image cache here"):
        ImageCache(tmp_path)


def test_an_image_that_is_not_there_is_missing_input(cache_folder: Path) -> None:
    with pytest.raises(MissingInput, match=r"holds no image z\.png"):
        ImageCache(cache_folder).read("z.png")


def test_reading_at_random_keeps_little_in_memory(tmp_path: Path) -> None:
    names = [f"{number:02d}.png" for number in range(40)]
    with CacheWriter(tmp_path, {}, "none") as writer:
        for name in names:
            pixels = np.full((1024, 1024), len(name), np.uint8)
            writer.add(CachedImage(name, "ann", "train", pixels, {}))
    cache = ImageCache(tmp_path)
    order = random.Random(0).sample(cache.names("train"), len(names))
    before = mapped_mb()
    most = max(mapped_mb() for name in order if cache.read(name).pixels.any())
    # 8 images of 1 MB, and one in use, of 40
    assert most - before < 16


def mapped_mb() -> float:
    """Files that are mapped into this process and lie in memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssFile:"))
