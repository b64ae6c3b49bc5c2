"""results.parquet: one row for each arm, fold, seed and image, with the Dice of every bone.

A vote's rows have no fold, and no seed where it is over seeds. What a training took stands in each
of its rows; a vote took what its members did together (of memory: the most that one of them did).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from handseg import bones, columns
from handseg.errors import BadInput

_COST = (
    pa.field("seconds", pa.float64()),
    pa.field("peak_memory_bytes", pa.int64()),
    pa.field("parameters", pa.int64()),
)
SCHEMA = pa.schema(
    [
        pa.field("arm", pa.string(), nullable=False),
        pa.field("fold", pa.int32()),
        pa.field("seed", pa.int64()),
        pa.field("image_name", pa.string(), nullable=False),
        pa.field("person", pa.string(), nullable=False),
        pa.field("dice", pa.float64(), nullable=False),
        *(pa.field(name, pa.float64(), nullable=False) for name in bones.NAMES),
        *_COST,
    ]
)
"""`dice` is the mean over the bones; the bones stand in their official order."""
_NOTES = b"handseg experiment"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the training behind a prediction took."""

    seconds: float
    """Of training, without the prediction of the fold."""
    peak_memory_bytes: int
    """Of the GPU where there is one, else of the training's process."""
    parameters: int


def together(costs: Sequence[Cost]) -> Cost:
    """What members that vote took together: one after another, so that memory is the largest."""
    return Cost(
        seconds=sum(cost.seconds for cost in costs),
        peak_memory_bytes=max(cost.peak_memory_bytes for cost in costs),
        parameters=sum(cost.parameters for cost in costs),
    )


@dataclass(frozen=True, kw_only=True)
class RunScores:
    """One prediction of an arm, scored."""

    arm: str
    fold: int | None
    seed: int | None
    image_names: list[str]
    people: list[str]
    """Of each image."""
    dice: NDArray[np.float64]
    """(images, 29), in (0, 1]."""
    cost: Cost


def write(path: Path, found: Sequence[RunScores], notes: Mapping[str, Any]) -> None:
    """Write the file.

    Args:
        path: the file.
        found: every prediction, arm by arm.
        notes: JSON-shaped; kept in the file's metadata.
    """
    metadata = {_NOTES: json.dumps(notes, sort_keys=True).encode()}
    schema = SCHEMA.with_metadata(metadata)
    tables = [_table(run, schema) for run in found]
    table = pa.concat_tables(tables or [schema.empty_table()])
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def _table(run: RunScores, schema: pa.Schema) -> pa.Table:
    count = len(run.image_names)
    values = {
        "arm": [run.arm] * count,
        "fold": [run.fold] * count,
        "seed": [run.seed] * count,
        "image_name": run.image_names,
        "person": run.people,
        "dice": run.dice.mean(axis=1),
        **dict(zip(bones.NAMES, run.dice.T, strict=True)),
        **{field.name: [getattr(run.cost, field.name)] * count for field in _COST},
    }
    return pa.table(values, schema=schema)


def read(path: Path) -> tuple[list[RunScores], dict[str, Any]]:
    """Read what `write` wrote.

    Returns:
        The predictions in the file's order, and the notes.

    Raises:
        BadInput: it is no results.parquet, or is truncated or damaged.
    """
    try:
        # Without, a flipped bit gives another number without a word.
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        fault = f"truncated or damaged ({error})"
        raise BadInput(f"{path}: {fault}; run the experiment again") from error
    metadata = table.schema.metadata or {}
    different = columns.differences(table.schema, SCHEMA)
    if _NOTES not in metadata or different:
        fault = f" ({different})" if different else ""
        raise BadInput(f"{path}: was not written by `handseg experiment`{fault}")
    rows: dict[tuple[str, int | None, int | None], list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault((row["arm"], row["fold"], row["seed"]), []).append(row)
    found = [_run(key, group) for key, group in rows.items()]
    return found, json.loads(metadata[_NOTES])


def _run(key: tuple[str, int | None, int | None], rows: list[dict[str, Any]]) -> RunScores:
    arm, fold, seed = key
    return RunScores(
        arm=arm,
        fold=fold,
        seed=seed,
        image_names=[row["image_name"] for row in rows],
        people=[row["person"] for row in rows],
        dice=np.array([[row[name] for name in bones.NAMES] for row in rows]),
        cost=Cost(**{field.name: rows[0][field.name] for field in _COST}),
    )
