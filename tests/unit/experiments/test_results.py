from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from handseg import bones
from handseg.errors import BadInput
from handseg.experiments import results
from handseg.experiments.results import Cost
from tests.unit.experiments.scored import scored

RUNS = [
    scored("plain", {"p1a": 0.5, "p2a": 0.75}),
    scored("plain", {"p1a": 0.25}, fold=1, seed=4),
    scored("vote", {"p1a": 0.5}, fold=None, seed=None),
]


def test_a_row_stands_for_each_prediction_and_image(tmp_path: Path) -> None:
    results.write(tmp_path / "results.parquet", RUNS, {"table": "mine"})
    rows = pq.read_table(tmp_path / "results.parquet").to_pylist()
    assert [(row["arm"], row["fold"], row["seed"], row["image_name"]) for row in rows] == [
        ("plain", 0, 0, "p1a"), ("plain", 0, 0, "p2a"), ("plain", 1, 4, "p1a"),
        ("vote", None, None, "p1a"),
    ]  # fmt: skip
    assert rows[1]["dice"] == rows[1]["Pisiform"] == 0.75
    assert (rows[0]["seconds"], rows[0]["parameters"]) == (60.0, 1_000_000)


def test_reading_undoes_writing(tmp_path: Path) -> None:
    results.write(tmp_path / "results.parquet", RUNS, {"table": "mine"})
    found, notes = results.read(tmp_path / "results.parquet")
    assert notes == {"table": "mine"}
    assert [(run.arm, run.fold, run.seed, run.cost) for run in found] == [
        (run.arm, run.fold, run.seed, run.cost) for run in RUNS
    ]
    assert all((a.dice == b.dice).all() for a, b in zip(found, RUNS, strict=True))


def test_columns_are_the_bones_in_their_official_order() -> None:
    assert results.SCHEMA.names[6 : 6 + bones.COUNT] == list(bones.NAMES)


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"arm": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(BadInput, match=r"other.parquet: was not written by `handseg experiment`"):
        results.read(tmp_path / "other.parquet")


def test_members_that_vote_took_their_time_one_after_another() -> None:
    one = Cost(seconds=60, peak_memory_bytes=100, parameters=7)
    other = Cost(seconds=30, peak_memory_bytes=300, parameters=5)
    assert results.together([one, other]) == Cost(seconds=90, peak_memory_bytes=300, parameters=12)
