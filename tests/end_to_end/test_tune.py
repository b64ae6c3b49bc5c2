"""`handseg tune`: trials, given up or not, and a search that is killed and goes on."""

import csv
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest

from handseg import cli
from handseg.presets import catalogue

SEARCH = """
split: {folds: 2}
trials: 4
train:
  model: {name: unet, filters: [4, 8, 12], input_px: 32, output_px: 32}
  length: 6
  unit: steps
  batch_size: 2
  target: coverage
  precision: float32
  device: cpu
  threads: 1
  workers: 0
search:
  train.learning_rate: {low: 1e-3, high: 1e-1, log: true}
  train.augment.flip: {choices: [0.0, 0.5]}
prune: {startup_trials: 1, warmup_fraction: 0.0}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands") / "data"
    assert cli.main(["demo-data", str(folder), "--people", "4", "--size", "96"]) == 0
    return folder


def tune(search: Path, data: Path, out: Path, *more: str) -> list[str]:
    return ["tune", str(search), "--data", str(data), "--out", str(out), *more]


def trials(out: Path) -> list[dict[str, str]]:
    with (out / "trials.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(folder: Path, text: str = SEARCH) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def one_trial(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search after its first trial; tests that go on take a copy."""
    folder = tmp_path_factory.mktemp("search")
    assert cli.main(tune(write(folder), data, folder / "out", "--trials", "1")) == 0
    return folder / "out"


@pytest.mark.long
def test_the_best_trial_becomes_a_preset(data: Path, tmp_path: Path) -> None:
    search, out = write(tmp_path), tmp_path / "out"
    assert cli.main(tune(search, data, out)) == 0
    found = trials(out)
    assert len(found) == 4
    best = max((t for t in found if t["state"] == "complete"), key=lambda t: float(t["dice"]))
    train = catalogue.load(str(out / "best.yaml")).members[0].train
    assert train.learning_rate == float(best["train.learning_rate"])
    assert train.model.filters == [4, 8, 12]
    # Asked for more, it adds to those there are; for no more, it does nothing.
    assert cli.main(tune(search, data, out, "--trials", "5")) == 0
    assert trials(out)[:4] == found and len(trials(out)) == 5
    assert cli.main(tune(search, data, out)) == 0
    assert len(trials(out)) == 5


def test_a_trial_that_does_worse_than_those_before_is_given_up(
    data: Path, one_trial: Path, tmp_path: Path
) -> None:
    search, out = write(tmp_path), Path(shutil.copytree(one_trial, tmp_path / "out"))
    study = optuna.load_study(study_name="handseg", storage=f"sqlite:///{out / 'study.db'}")
    for _ in range(3):
        study.add_trial(
            optuna.trial.create_trial(
                value=0.9,
                params=study.trials[0].params,
                distributions=study.trials[0].distributions,
                intermediate_values=dict.fromkeys(range(21), 0.9),
            )
        )
    assert cli.main(tune(search, data, out, "--trials", "5")) == 0
    assert [trial["state"] for trial in trials(out)] == [*["complete"] * 4, "pruned"]
    assert not list(out.glob("trainings/*.partial"))


@pytest.mark.long
def test_a_killed_search_tries_again_what_it_was_at(data: Path, tmp_path: Path) -> None:
    search, out = write(tmp_path, SEARCH.replace("length: 6", "length: 60")), tmp_path / "out"
    words = tune(search, data, out, "--trials", "1")
    process = subprocess.Popen([sys.executable, "-m", "handseg", *words])
    limit = time.monotonic() + 60
    while not list(out.glob("trainings/*.partial/resume/step-*.safetensors")):
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert cli.main(words) == 0
    cut, again = trials(out)
    assert (cut["state"], again["state"]) == ("fail", "complete")
    assert cut["train.learning_rate"] == again["train.learning_rate"]
    assert len(list(out.glob("trainings/*/card.json"))) == 1


def test_another_search_in_the_same_folder_is_refused(
    data: Path, one_trial: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    search = write(tmp_path, SEARCH.replace("length: 6", "length: 7"))
    assert cli.main(tune(search, data, one_trial)) == 2
    assert "base.train.length: 6 -> 7" in capfd.readouterr().err


def test_the_study_is_optunas_own(one_trial: Path) -> None:
    study = optuna.load_study(study_name="handseg", storage=f"sqlite:///{one_trial / 'study.db'}")
    assert len(study.trials) == 1
