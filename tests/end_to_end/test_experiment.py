"""`handseg experiment`: the report's tables in small, and one killed on the way.

How well the arms learn is the study's business; here they are trained for a few steps. Those of
the report's tables are trained in this process, which spares each of the 30 some seconds of start;
that the command starts them, waits for them and outlives them is shown by the killed one.
"""

import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from handseg import cli
from handseg.commands.experiment_members import Places, steps
from handseg.experiments import plan, results, table
from handseg.experiments.arm import Table
from handseg.settings import SplitSettings
from handseg.storage.location import Location

KILLED = """
split: {folds: 2}
folds: [0]
train:
  model: {name: unet, filters: [4, 8, 12], input_px: 32, output_px: 32}
  length: 150
  unit: steps
  batch_size: 2
  target: coverage
  precision: float32
  device: cpu
  threads: 1
  workers: 0
  checkpoint_minutes: 0.001
arms:
  - name: plain
  - {name: again, note: the same training}
  - {name: wild, train: {learning_rate: 1e+30}}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands") / "data"
    words = ["--people", "6", "--test-people", "2", "--size", "128", "--seed", "3"]
    assert cli.main(["demo-data", str(folder), *words]) == 0
    return folder


def experiment(name: str | Path, data: Path, out: Path, *more: str) -> list[str]:
    return ["experiment", str(name), "--data", str(data), "--out", str(out), *more]


def make_members(asked: Table, data: Path, out: Path) -> int:
    """Take the steps of an experiment up to its votes, in this process.

    Returns:
        How many trainings there were.
    """
    places = Places(Location(str(data)), Location(str(out)))
    todo = steps(plan.runs(asked), places, asked.part, SplitSettings(folds=asked.folds))
    for step in todo:
        getattr(import_module(f"handseg.stages.{step.stage}"), step.stage)(**step.arguments)
    return sum(step.stage == "train" for step in todo)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "trainings"), [("table_3_2_smoke", 9), ("table_3_3_smoke", 15), ("table_3_4_smoke", 6)]
)
def test_a_table_of_the_report_runs_in_small(
    name: str, trainings: int, data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = table.load(name)
    assert make_members(asked, data, tmp_path / "out") == trainings
    capfd.readouterr()
    assert cli.main(experiment(name, data, tmp_path / "out")) == 0
    # The command asks for the very same members: it finds each, and makes no other.
    told = [line for line in capfd.readouterr().err.splitlines() if " step " in line]
    assert sum(" train " in line for line in told) == trainings
    assert all(line.endswith("already there") for line in told)
    runs, notes = results.read(tmp_path / "out" / "results.parquet")
    assert [run.arm for run in runs] == [arm.name for arm in asked.arms]
    assert notes["table"]["title"] == asked.title
    # Of 6 people's and 2 test people's images, two each; fold 0 of 2 holds out 3 people.
    assert {len(run.image_names) for run in runs} == {4 if asked.part == "test" else 6}
    assert all(run.cost.seconds > 0 and run.cost.peak_memory_bytes > 10**8 for run in runs)
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert all(arm.name in html for arm in asked.arms)
    assert "<svg" in html and "Not scored" not in html


@pytest.mark.long
def test_a_killed_experiment_goes_on_and_a_failed_arm_is_named(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mine, out = tmp_path / "mine.yaml", tmp_path / "out"
    mine.write_text(KILLED)
    words = experiment(mine, data, out)
    process = subprocess.Popen([sys.executable, "-m", "handseg", *words])
    limit = time.monotonic() + 60
    while not list(out.glob("trainings/*.partial/resume/step-*.safetensors")):
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # The training it left goes on and is waited for; `wild` fails, and the others are scored.
    assert cli.main(words) == 1
    runs, _ = results.read(out / "results.parquet")
    assert [run.arm for run in runs] == ["plain", "again"]
    assert (runs[0].dice == runs[1].dice).all()
    assert len(list(out.glob("trainings/*/card.json"))) == 1
    assert "wild fold 0 seed 0" in (out / "report.html").read_text(encoding="utf-8")
    told = capfd.readouterr().err
    assert "another process works here" in told and "exit code 5" in told


def test_a_chosen_vote_cannot_be_scored_on_what_it_was_chosen_on(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = experiment("table_3_4_smoke", data, tmp_path / "out", "--part", "oof")
    assert cli.main(words) == 2
    assert "cannot be scored on the same; give --part test" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_network_that_cannot_be_is_refused_before_anything_is_made(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(KILLED.replace("input_px: 32", "input_px: 30"))
    assert cli.main(experiment(mine, data, tmp_path / "out")) == 2
    assert "plain fold 0 seed 0: model.input_px is 30" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()
