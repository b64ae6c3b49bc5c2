"""Shards of a probability store become the store that would have been written whole."""

from collections.abc import Sequence
from pathlib import Path

from handseg.errors import BadInput
from handseg.inference.store import Store, StoreWriter


def join(parts: Sequence[Path], folder: Path) -> int:
    """Write one store from several, image by image in constant memory.

    Args:
        parts: folders of the shards' stores, in the shards' order.
        folder: where the store goes; it exists.

    Returns:
        How many images it holds.

    Raises:
        BadInput: the stores' cards differ, an image is there twice, or a store is damaged.
        MissingInput: a folder holds no store.
    """
    stores = [Store(path) for path in parts]
    first = stores[0]
    for store in stores:
        if store.card != first.card:
            raise BadInput(f"{store.path}: is not of the same member and cache as {first.path}")
    with StoreWriter(folder, first.card) as writer:
        for store in stores:
            for name in store.names:
                writer.add(store.read(name), store.positions[name])
    return sum(map(len, stores))
