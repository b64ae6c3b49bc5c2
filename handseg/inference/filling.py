"""One member's probabilities of many images, into a store."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import torch

from handseg import progress
from handseg.images.cache_row import CachedImage
from handseg.inference import device as devices
from handseg.inference import predict
from handseg.inference.store import StoreCard, StoreWriter
from handseg.models.network import Network
from handseg.settings import InferSettings
from handseg.training import memory
from handseg.training.checkpoint import Card

Part = Literal["test", "oof"]


class Filled(NamedTuple):
    """What a store was computed with."""

    device: str
    """Device and precision, as a person reads them."""
    gpu_peak_bytes: int | None
    """The most of a GPU's memory that tensors took; None on a CPU."""

    def record(self) -> dict[str, object]:
        """What its run.json says of the GPU, beside the device."""
        return {} if self.gpu_peak_bytes is None else {"gpu_peak_bytes": self.gpu_peak_bytes}


class Images(Protocol):
    """An image cache here or elsewhere."""

    def names(self, part: Literal["train", "test"]) -> list[str]:
        """Image names of a part, in sorted path order."""

    def stream(self, names: Iterable[str]) -> Iterator[CachedImage]:
        """Read images in the order given."""


def fill(
    folder: Path,
    card: StoreCard,
    *,
    network: Network,
    cache: Images,
    names: Sequence[str],
    settings: InferSettings,
) -> Filled:
    """Predict images and write the store, in constant memory.

    Args:
        folder: where the store goes; it exists.
        card: what the store is.
        network: the member's; it is moved to the device.
        cache: holds the images.
        names: which images, in the store's order.
        settings: device, precision, batch size, threads, cut and test-time augmentation.

    Raises:
        BadInput: a GPU is asked for and absent, a view is asked for twice, or the network's logits
            are not finite.
        OutOfGpuMemory: names batch and size.
    """
    device = devices.choose_device(settings.device)
    dtype = devices.choose_precision(settings.precision, device, backend=settings.backend)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    memory.start(device)
    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = predict.predict(
        network, cache.stream(names), device=device, dtype=dtype, settings=settings
    )
    what = f"{card.part} of {card.member}"
    ordered = cache.names("test" if card.part == "test" else "train")
    position = {name: place for place, name in enumerate(ordered)}
    with StoreWriter(folder, card) as writer:
        for tiles in progress.track(found, description=what, total=len(names)):
            writer.add(tiles, position[tiles.name])
    described = devices.describe(device, dtype, backend=settings.backend)
    return Filled(described, memory.gpu_peak_bytes(device))


def store_card(card: Card, part: Part, checkpoint: str, settings: InferSettings) -> StoreCard:
    """What a member's store of a part is; `checkpoint` is the content hash of its folder."""
    return StoreCard(
        member=card.name,
        fold=card.fold,
        part=part,
        classes=card.classes,
        dice=card.mean_dice,
        cut_level=settings.cut_level,
        checkpoint=checkpoint,
        cache=card.cache,
        folds=card.folds,
    )
