"""A store is written while later images are still read, and images are read ahead of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from handseg.images.cache import CachedImage, ImageCache
from handseg.inference import filling
from handseg.inference.store import FILE_NAME, Store
from handseg.storage import artifact
from handseg.training import checkpoint as checkpoints
from tests.unit.stages.test_infer import QUICK, _make

COUNT = 24


class _Watching(ImageCache):
    """Notes how large the store is whenever an image has been read."""

    def __init__(self, folder: Path, store: Path) -> None:
        super().__init__(folder)
        self._store = store
        self.sizes: list[int] = []

    def stream(self, names: Iterable[str]) -> Iterator[CachedImage]:
        for image in super().stream(names):
            self.sizes.append(self._store.stat().st_size)
            yield image


def test_reading_network_and_writing_overlap(tmp_path: Path) -> None:
    made, folder = _make(tmp_path, tests=COUNT), tmp_path / "filled"
    folder.mkdir()
    network, card = checkpoints.load_model(made.checkpoint.path)
    cache = _Watching(made.cache.path, folder / FILE_NAME)
    filling.fill(
        folder,
        filling.store_card(card, "test", artifact.content_hash(made.checkpoint.path), QUICK),
        network=network,
        cache=cache,
        names=cache.names("test"),
        settings=QUICK,
    )
    assert len(Store(folder).names) == len(cache.sizes) == COUNT
    assert cache.sizes[0] == cache.sizes[1] == cache.sizes[2]  # read before anything was written
    written = {size for size in cache.sizes if size > cache.sizes[0]}
    assert len(written) > COUNT // 2  # nearly every further image found another one written
