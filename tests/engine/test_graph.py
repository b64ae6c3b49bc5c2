"""The whole graph as containers gives the bytes of `handseg run` in this machine's Python."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from handseg.ensemble import submission
from tests.engine.containers import call

pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Runs:
    """One data set run twice: by the command line in one process, and as KFP's graph."""

    alone: Path
    graph: Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("graph")
    folder.chmod(0o755)
    data, made = folder / "data", Runs(alone=folder / "alone", graph=folder / "graph")
    size = "--people 4 --test-people 1 --size 256 --seed 3"
    call(sys.executable, "-m", "handseg", "demo-data", data, *size.split())
    given: list[str | Path] = ["--preset", "smoke", "--data", data]
    call(sys.executable, "-m", "handseg", "run", *given, "--out", made.alone)
    call(sys.executable, "-m", "pipeline.local", "--runner", "docker", *given, "--out", made.graph)
    return made


def test_both_find_bones(runs: Runs) -> None:
    texts = submission.read(runs.graph / "submission.csv")
    assert len(texts) == 2
    for name, bones in texts.items():
        assert sum(bool(text) for text in bones) >= 15, name


def test_the_bytes_are_the_same(runs: Runs) -> None:
    graph = (runs.graph / "submission.csv").read_bytes()
    assert graph == (runs.alone / "submission.csv").read_bytes()


def test_the_graph_leaves_a_report(runs: Runs) -> None:
    assert "<html" in (runs.graph / "report.html").read_text(encoding="utf-8")[:2000]
