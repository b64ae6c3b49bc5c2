import json
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from handseg import cli
from handseg.ensemble import submission

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Runs:
    """One data set run twice: by the command line in one process, and as KFP's graph."""

    data: Path
    alone: Path
    graph: Path


def handseg(*arguments: str | Path) -> str:
    """What a command answers, run in this process."""
    answer = StringIO()
    with redirect_stdout(answer):
        assert cli.main([*map(str, arguments)]) == 0, arguments
    return answer.getvalue()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("smoke")
    found = Runs(data=folder / "data", alone=folder / "alone", graph=folder / "graph")
    people = ["--people", "8", "--test-people", "1", "--size", "256", "--seed", "3"]
    handseg("demo-data", found.data, *people)
    handseg("run", "--preset", "smoke", "--data", found.data, "--out", found.alone)
    local = [sys.executable, "-m", "pipeline.local", "--preset", "smoke"]
    command = [*local, "--data", str(found.data), "--out", str(found.graph)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return found


@pytest.fixture(scope="module")
def score(runs: Runs) -> dict[str, Any]:
    csv = runs.graph / "submission.csv"
    return dict(json.loads(handseg("score", "--truth", runs.data, "--submission", csv, "--json")))


# Equal empty files would prove nothing, so that what they hold comes first.
def test_the_graph_finds_most_bones(runs: Runs, score: dict[str, Any]) -> None:
    texts = submission.read(runs.graph / "submission.csv")
    assert len(texts) == score["images"] == 2
    for name, bones in texts.items():
        assert sum(bool(text) for text in bones) >= 15, name
    assert score["mean_dice"] >= 0.25


def test_the_graph_gives_the_csv_of_the_command_line(runs: Runs, score: dict[str, Any]) -> None:
    assert score["mean_dice"] >= 0.25
    graph = (runs.graph / "submission.csv").read_bytes()
    assert graph == (runs.alone / "submission.csv").read_bytes()


def test_the_graphs_csv_is_valid(runs: Runs) -> None:
    csv = runs.graph / "submission.csv"
    found = json.loads(handseg("validate", "--data", runs.data, "--submission", csv, "--json"))
    assert found == {"ok": True, "faults": []}


def test_the_graph_leaves_a_report_and_sums_beside_its_csv(runs: Runs) -> None:
    assert "<html" in (runs.graph / "report.html").read_text(encoding="utf-8")[:2000]
    assert (runs.graph / "submission.csv.sha256").is_file()
    assert (runs.graph / "submission.csv.run.json").is_file()


def test_tasks_record_numbers_and_origin(runs: Runs) -> None:
    paths = sorted(runs.graph.glob("artifacts/*/*/train/executor_output.json"))
    assert len(paths) == 2
    for path in paths:
        found = json.loads(path.read_text(encoding="utf-8"))["artifacts"]
        checkpoint, metrics = (found[name]["artifacts"][0] for name in ("checkpoint", "metrics"))
        assert checkpoint["metadata"]["commit"]
        assert checkpoint["metadata"]["parent_cache"]
        assert 0 < metrics["metadata"]["mean_dice"] <= 1
