"""The probability store against compressed planes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.inference.store import FILE_NAME, Store, StoreWriter
from handseg.inference.tiles import LEVELS, ImageTiles, TileBuilder, plane_roi
from tests.benchmarks.case import CUT, SIDE, Case, store_card
from tests.benchmarks.row import Row, require


def _write_npz(case: Case) -> Callable[[], object]:
    maps, path = case.dense(), case.folder / "member.npz"

    def write() -> Path:
        np.savez_compressed(path, probabilities=maps)
        return path

    return write


def _write_store(case: Case) -> Callable[[], object]:
    regions, folder = case.regions(), case.folder / "written"
    folder.mkdir(exist_ok=True)
    record = case.record

    def write() -> Path:
        builder = TileBuilder(record.name, record.person, height=SIDE, width=SIDE)
        for region in regions:
            builder.add(region.class_id, region.values, top=region.top, left=region.left)
        with StoreWriter(folder, store_card(0)) as file:
            file.add(builder.build(), 0)
        return folder / FILE_NAME

    return write


def _read_npz(case: Case) -> Callable[[], object]:
    path = case.folder / "member.npz"
    if not path.exists():
        np.savez_compressed(path, probabilities=case.dense())

    def read() -> NDArray[np.float32]:
        with np.load(path) as file:
            return np.asarray(file["probabilities"])

    return read


def _read_store(case: Case) -> Callable[[], object]:
    folder = case.store(0)
    return lambda: Store(folder).read("image0000.png")


def _same_probabilities(case: Case, _: object, ours: object) -> None:
    tiles = ours
    if isinstance(ours, Path):
        tiles = Store(ours.parent).read(case.record.name)
    if not isinstance(tiles, ImageTiles):
        raise TypeError(f"tiles expected, got {ours!r}")
    for class_id, plane in enumerate(case.dense()):
        found = np.zeros_like(plane)
        roi = plane_roi(tiles, class_id)
        height, width = roi.values.shape
        found[roi.top : roi.top + height, roi.left : roi.left + width] = roi.values / LEVELS
        kept = plane >= (CUT + 0.5) / LEVELS
        worst = float(np.abs(found - plane)[kept].max())
        require(worst <= 1 / 510 + 1e-6, f"{bones.NAMES[class_id]} is off by {worst:.5f}")


ROWS = (
    Row(
        name="store_size",
        about="one image's probabilities by one member, on disk",
        goal=300,
        baseline=_write_npz,
        ours=_write_store,
        same=_same_probabilities,
        calls=(StoreWriter.add, TileBuilder.add),
        unit="bytes",
        pairs=1,
    ),
    Row(
        name="store_write",
        about="the same, written",
        goal=100,
        baseline=_write_npz,
        ours=_write_store,
        same=_same_probabilities,
        calls=(StoreWriter.add, TileBuilder.add),
        pairs=3,
    ),
    Row(
        name="store_read",
        about="the same, read",
        goal=300,
        baseline=_read_npz,
        ours=_read_store,
        same=_same_probabilities,
        calls=(Store.read,),
    ),
)
