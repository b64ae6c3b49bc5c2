"""Two processes that `handseg train --processes 2` starts itself, as a pod with two GPUs does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handseg.settings import SplitSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage.location import Location
from handseg.training import checkpoint, resume
from tests.drawing import write_tiny_dataset

SETTINGS = {
    "model.name": "unet",
    "model.filters": "[4,8,12]",
    "model.input_px": "32",
    "model.output_px": "32",
    "unit": "steps",
    "precision": "float32",
    "device": "cpu",
    "threads": "1",
    "workers": "0",
    "checkpoint_minutes": "0.0001",
}
LIMIT_S = 120.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_tiny_dataset(folder / "data", people=4, size=(40, 40), seed=2)
    data, folds, cache = (Location(str(folder / n)) for n in ("data", "folds.csv", "cache"))
    split(data=data, out=folds, settings=SplitSettings(folds=2))
    preprocess(data=data, folds=folds, out=cache)
    return folder


def command(made: Path, out: Path, **settings: object) -> list[str]:
    given = {**SETTINGS, **settings}
    flags = [word for key, value in given.items() for word in (f"--settings.{key}", str(value))]
    return [
        sys.executable, "-m", "handseg", "train", "--processes", "2", "--cache", f"{made}/cache",
        "--folds", f"{made}/folds.csv", "--fold", "1", "--out", str(out), *flags,
    ]  # fmt: skip


def start(words: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            words, stderr=output, stdout=output, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )


@pytest.mark.long
def test_they_stop_on_sigterm_and_go_on_to_one_checkpoint(made: Path, tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "member"
    # A state after every step, so that the first is there long before the last.
    words = command(made, out, batch_size=4, length=150, validate_every=1000)
    process = start(words, log)
    states = tmp_path / "member.partial" / resume.FOLDER
    limit = time.monotonic() + LIMIT_S
    while not list(states.glob("step-*.safetensors")):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < limit, log.read_text()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 143, log.read_text()
    assert log.read_text().count("SIGTERM: saving after this step") == 2
    assert not out.exists()
    assert list(states.glob("step-*.safetensors"))
    assert start(words, log).wait(LIMIT_S) == 0, log.read_text()
    card = checkpoint.load_card(out)
    assert (card.steps, card.fold) == (150, 1)
    assert "member: resumed at step" in log.read_text()
    # one line of history for each validation: only one process reports
    assert log.read_text().count("member step 150/150") == 1
    assert (tmp_path / "member.oof").is_dir()


@pytest.mark.long
def test_what_one_refuses_ends_all_with_its_message_and_exit_code(
    made: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    process = start(command(made, tmp_path / "member", batch_size=3, length=4), log)
    assert process.wait(LIMIT_S) == 2, log.read_text()
    last = log.read_text().splitlines()[-1]
    assert last.startswith("handseg train: batch_size 3 is no multiple of the 2 processes")
