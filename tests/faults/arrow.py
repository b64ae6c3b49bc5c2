"""Stores and caches written anew with other columns or content."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from handseg.inference.store import StoreCard, StoreWriter
from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.storage import sums
from tests.faults import spoiled
from tests.store_card import CARD

Plane = NDArray[np.uint8]
"""(H, W), probabilities in 255ths."""


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change the columns of an Arrow file in its place, and give its folder new sums."""
    with pa.ipc.open_file(str(path)) as reader:
        table = reader.read_all()
    changed = change(table).combine_chunks()
    with pa.ipc.new_file(str(path), changed.schema) as writer:
        for row in range(changed.num_rows):
            writer.write_batch(changed.slice(row, 1).to_batches()[0])
    spoiled.resum(path.parent)


def without(name: str) -> Callable[[pa.Table], pa.Table]:
    """Leave a column out."""
    return lambda table: table.drop_columns([name])


def of_type(name: str, kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    """Give a column another type, its values kept."""

    def change(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index(name)
        return table.set_column(index, pa.field(name, kind), table[name].cast(kind))

    return change


def store(
    folder: Path, images: Mapping[str, Sequence[Plane]], *, person: str = "ID1", **card: Any
) -> Path:
    """Write a probability store as `infer` leaves one.

    Args:
        folder: to be written.
        images: planes of the classes by image name, in the official order.
        person: of all images.
        card: what differs from a member of fold 0 with a Dice of 0.9.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made: StoreCard = replace(CARD, **card)
    with StoreWriter(folder, made) as writer:
        for position, (name, planes) in enumerate(images.items()):
            writer.add(_tiles(name, person, planes), position)
    sums.write_sums(folder)
    return folder


def _tiles(name: str, person: str, planes: Sequence[Plane]) -> ImageTiles:
    height, width = planes[0].shape
    builder = TileBuilder(name, person, height=height, width=width)
    for class_id, plane in enumerate(planes):
        builder.add(class_id, plane, top=0, left=0)
    return builder.build()
