import random
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
    with pytest.raises(BadInput, match=r"not written by `handseg experiment` \(no column fold,"):
        results.read(tmp_path / "other.parquet")


def test_a_flipped_bit_in_a_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"
    results.write(path, RUNS, {"table": "mine"})
    content = path.read_bytes()
    pages = range(4, len(content) - 8 - int.from_bytes(content[-8:-4], "little"))
    wanted = repr(results.read(path))
    for bit in random.Random(0).sample(range(8 * pages.start, 8 * pages.stop), 300):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            assert repr(results.read(path)) == wanted, bit
        except BadInput as refusal:
            assert "results.parquet: truncated or damaged" in str(refusal)


@pytest.mark.parametrize("kept", [0, 4, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "results.parquet"
    results.write(path, RUNS, {})
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept > 1 else kept * len(content))])
    with pytest.raises(BadInput, match=r"results\.parquet: truncated or damaged .* run the exp"):
        results.read(path)


def test_members_that_vote_took_their_time_one_after_another() -> None:
    one = Cost(seconds=60, peak_memory_bytes=100, parameters=7)
    other = Cost(seconds=30, peak_memory_bytes=300, parameters=5)
    assert results.together([one, other]) == Cost(seconds=90, peak_memory_bytes=300, parameters=12)
