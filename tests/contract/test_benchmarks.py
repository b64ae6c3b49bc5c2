"""The benchmark measures what the stages call, under names that machines can rely on."""

import ast
import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from handseg.commands.bench import bench
from tests.benchmarks.case import Case
from tests.benchmarks.measure import measure
from tests.benchmarks.row import Row, Unequal
from tests.benchmarks.rows import ROWS
from tests.contract.source_tree import modules

NAMES = [
    "rle_full", "rle_roi", "store_size", "store_write", "store_read", "vote", "vote_memory",
    "masks", "augment_vertex", "augment_raster", "sample_2048", "sample_2048_cache", "sample_512",
    "sharpen_png", "sharpen_cache", "loss_memory", "loss_time", "tail", "trunk_bf16", "dice",
]  # fmt: skip
USED = {
    node.attr if isinstance(node, ast.Attribute) else node.id
    for module in modules()
    if module.name.startswith("handseg.")
    for node in ast.walk(module.tree)
    if isinstance(node, ast.Attribute | ast.Name)
}


def test_every_goal_has_its_row() -> None:
    names = [row.name for row in ROWS]
    assert set(NAMES) <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_ours_is_what_the_product_calls(row: Row) -> None:
    assert row.calls
    for function in row.calls:
        assert function.__module__.startswith("handseg.")
        found: object = import_module(function.__module__)
        for part in function.__qualname__.split("."):
            found = getattr(found, part)
        assert found is function
        name = function.__name__
        # Indexing a data set is called by torch's loader.
        assert name == "__getitem__" or name in USED


@pytest.mark.long
def test_sides_that_differ_meet_no_goal(tmp_path: Path) -> None:
    def refuse(_: Case, __: object, ___: object) -> None:
        raise Unequal("by 7 pixels")

    row = replace(next(row for row in ROWS if row.name == "dice"), same=refuse)
    found = measure(row, Case(tmp_path), {})
    assert found.met is False and found.ratio is None
    assert found.reason == "unequal: by 7 pixels"


@pytest.mark.long
def test_a_row_is_measured_and_written_for_machines(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    assert bench(json=out, only=["dice"]) in (0, 1)
    (found,) = json.loads(out.read_text(encoding="utf-8"))
    assert found["name"] == "dice" and found["goal"] == 200
    assert found["ratio"] == found["baseline"] / found["ours"]
    assert found["met"] is (found["ratio"] >= 200)
    assert min(found["baseline_peak_mb"], found["ours_peak_mb"]) > 0
