"""`python -m tests.benchmarks.per_image`: what an image costs beside the network, and its bytes.

Inference is the product's own, by a network that knows its answer: what is left is reading,
shrinking, the tail of UNet 3+ ds 2048 and the store.
"""

import os
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from json import dumps
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handseg.ensemble import submission, voting
from handseg.images.cache import CachedImage, CacheWriter, ImageCache
from handseg.inference import filling
from handseg.inference.store import FILE_NAME
from handseg.models.network import Network
from handseg.models.refine import Refine
from handseg.settings import InferSettings
from tests.benchmarks.case import MEMBERS, SIDE, Case, store_card

_IMAGES = 64
_REPEATS = 3
_BATCH = 4
_JITTER = 0.02
"""Standard deviation of what a training may have added to the refinement's identity."""


@dataclass(frozen=True)
class PerImage:
    """Of one image at 2048, or of one image by one member."""

    beside_core_s: float
    """CPU time of one core beside the network, per image and member."""
    cache_mb: float
    store_mb: float
    """Per member."""
    csv_mb: float


class Known(Network):
    """Gives the same native logits for every image, at once."""

    def __init__(self, logits: NDArray[np.float32]) -> None:
        super().__init__()
        self.input_px = self.stride = logits.shape[-1]
        self.scale = Fraction(SIDE, self.input_px)
        self.refine = Refine(len(logits))
        self._logits = torch.from_numpy(logits)[None]
        torch.manual_seed(0)
        with torch.no_grad():
            for weight in self.refine.parameters():
                weight.add_(torch.randn_like(weight) * _JITTER)

    def native(self, images: Tensor) -> Tensor:
        """Copies, as they would come from a device."""
        return self._logits.expand(len(images), -1, -1, -1)


def measure(case: Case, images: int = _IMAGES) -> PerImage:
    """Measure on copies of one hand, all cores busy; seconds are times cores, least of three."""
    cache, names = _cache(case, images)
    network = Known(case.native())
    settings = InferSettings(device="cpu", precision="float32", batch_size=_BATCH)
    seconds = []
    for repeat in range(_REPEATS):
        folder = case.folder / f"beside{repeat}"
        folder.mkdir()
        begun = time.perf_counter()
        filling.fill(
            folder, store_card(0), network=network, cache=ImageCache(cache), names=names,
            settings=settings,
        )  # fmt: skip
        seconds.append(time.perf_counter() - begun)
    cores = len(os.sched_getaffinity(0))
    return PerImage(
        beside_core_s=min(seconds) * cores / images,
        cache_mb=(cache / "test.arrow").stat().st_size / images / 1e6,
        store_mb=(case.folder / "beside0" / FILE_NAME).stat().st_size / images / 1e6,
        csv_mb=_csv_bytes(case) / 1e6,
    )


def _cache(case: Case, images: int) -> tuple[Path, list[str]]:
    folder = case.folder / "cache"
    folder.mkdir()
    names = [f"image{number:07d}.png" for number in range(images)]
    hand = CachedImage("first.png", "T001", "train", case.pixels, {})
    with CacheWriter(folder, {}, "none") as file:
        file.add(hand)
        for name in names:
            file.add(replace(hand, name=name, part="test"))
    return folder, names


def _csv_bytes(case: Case) -> int:
    tiles = [case.tiles(member) for member in range(MEMBERS)]
    path = case.folder / "one.csv"
    submission.write(path, [("image0000000.png", voting.vote(tiles, [1.0] * MEMBERS, 0.5))])
    return path.stat().st_size - len(submission.HEADER) - 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="handseg-per-image-") as place:
        print(dumps(asdict(measure(Case(Path(place)))), indent=1))
