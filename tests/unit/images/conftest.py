from pathlib import Path

import pytest

from tests.unit.images.made_cache import image, write


@pytest.fixture
def cache_folder(tmp_path: Path) -> Path:
    images = [image("b.png"), image("a.png", "bob", seed=1), image("t.png", "cleo", "test", seed=2)]
    return write(tmp_path / "cache", *images)


@pytest.fixture
def png_file(tmp_path: Path) -> Path:
    return tmp_path / "image.png"
