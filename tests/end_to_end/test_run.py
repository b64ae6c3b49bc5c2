"""`handseg run`: once, again, changed, killed. Training is a few steps: how well it learns is
tested elsewhere."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from handseg import cli
from handseg.ensemble import submission
from handseg.storage import artifact
from handseg.storage.location import Location

FEW_STEPS = ["--preset", "smoke", "--train.length", "6", "--train.learning_rate", "1e-2"]


def run(data: Path | str, out: Path | str, *more: str) -> int:
    return cli.main(["run", "--data", str(data), "--out", str(out), *FEW_STEPS, *more])


def start(data: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    words = ["run", "--data", str(data), "--out", str(out), *FEW_STEPS, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "handseg", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands") / "data"
    words = ["--people", "4", "--test-people", "1", "--size", "160", "--seed", "5"]
    assert cli.main(["demo-data", str(folder), *words]) == 0
    return folder


@pytest.fixture(scope="module")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run; tests that change it take a copy."""
    out = tmp_path_factory.mktemp("run") / "first"
    assert run(data, out) == 0
    return out


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "copy"))


def test_a_run_leaves_what_users_are_told(done: Path) -> None:
    names = {path.name for path in done.iterdir() if not path.name.startswith(".")}
    told = {
        "folds.csv",
        "eda",
        "cache",
        "members",
        "stores",
        "submission.csv",
        "report.html",
        "run.json",
    }
    beside = {f"{name}{end}" for name in told for end in (".sha256", ".run.json")}
    assert told <= names <= told | beside
    assert sorted(path.name for path in (done / "members").iterdir()) == ["fold0", "fold1"]
    for fold in ("fold0", "fold1"):
        assert {path.name for path in (done / "stores" / fold).iterdir()} == {"oof", "test"}


def test_the_csv_holds_the_test_images(done: Path, data: Path) -> None:
    images = {path.name for path in (data / "test" / "DCM").rglob("*.png")}
    assert set(submission.read(done / "submission.csv")) == images


def test_the_record_says_what_the_run_was_made_of_and_how_long_it_took(done: Path) -> None:
    record = json.loads((done / "run.json").read_text())
    assert record["settings"]["members"]["fold1"]["train"]["length"] == 6
    assert set(record["parents"]) == {"data"}
    titles = ["split", "eda", "preprocess", "train fold0", "infer fold0", "train fold1"]
    assert list(record["steps"]) == [*titles, "infer fold1", "ensemble", "report"]
    assert all({"started", "ended", "parents"} <= set(step) for step in record["steps"].values())
    for name, one in record["artifacts"].items():
        assert one == asdict(artifact.fingerprint(Location(str(done / name)))), name
    assert {"folds.csv", "cache", "members/fold1", "stores/fold1/oof"} <= set(record["artifacts"])


def test_a_second_run_does_nothing_and_says_so_without_torch(done: Path, data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.rglob("*")}
    code = (
        "import sys; from handseg import cli;"
        f"code = cli.main(['run', '--data', {str(data)!r}, '--out', {str(done)!r}, *{FEW_STEPS}]);"
        "print(code, 'torch' in sys.modules)"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert again.stdout.splitlines()[-1] == "0 False"
    assert "nothing to do" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in done.rglob("*")} == before


def test_only_what_is_missing_is_made_again(
    copy: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (copy / "submission.csv").read_bytes()
    for path in [*copy.glob("submission.csv*"), *copy.glob("report.html*")]:
        path.unlink()
    assert run(data, copy) == 0
    assert (copy / "submission.csv").read_bytes() == before
    lines = capsys.readouterr().err
    assert "step 4/9 train fold0 - already there" in lines
    assert "step 8/9 ensemble took" in lines


@pytest.mark.parametrize(
    ("more", "difference"),
    [
        (["--train.learning_rate", "1e-3"], "members.fold0.train.learning_rate: 0.01 -> 0.001"),
        (["--ensemble.threshold", "0.4"], "ensemble.threshold: 0.5 -> 0.4"),
        (["--preset", "demo"], "settings.members.fold2.name: (none) -> fold2"),
    ],
)
def test_a_run_made_with_other_settings_is_refused_with_the_difference(
    done: Path, data: Path, more: list[str], difference: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, done, *more) == 2
    lines = capsys.readouterr().err
    assert difference in lines
    assert "give another --out, or remove it" in lines


def test_a_run_made_from_other_data_is_refused(
    done: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(data, tmp_path / "data"))
    shutil.rmtree(next((other / "test" / "DCM").iterdir()))
    assert run(other, done) == 2
    assert "parents.data" in capsys.readouterr().err


def test_without_a_test_part_the_csv_holds_the_out_of_fold_predictions(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train_only = Path(shutil.copytree(data, tmp_path / "data"))
    shutil.rmtree(train_only / "test")
    assert run(train_only, tmp_path / "run") == 0
    assert "submission.csv will hold the out-of-fold predictions" in capsys.readouterr().err
    images = {path.name for path in (data / "train" / "DCM").rglob("*.png")}
    assert set(submission.read(tmp_path / "run" / "submission.csv")) == images


def test_data_and_run_may_lie_in_an_object_store(
    done: Path, data: Path, object_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(data, object_store / "hands")
    bucket = f"s3://{object_store.name}"
    assert run(f"{bucket}/hands", f"{bucket}/runs/first") == 0
    made = object_store / "runs" / "first"
    assert (made / "submission.csv").read_bytes() == (done / "submission.csv").read_bytes()
    assert (made / "report.html").is_file()
    capsys.readouterr()
    assert run(f"{bucket}/hands", f"{bucket}/runs/first") == 0
    assert "nothing to do" in capsys.readouterr().err


def test_broken_data_is_refused_before_anything_is_written(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Path(shutil.copytree(data, tmp_path / "data"))
    image, other = sorted((broken / "train" / "DCM").rglob("*.png"))[:2]
    image.write_bytes(image.read_bytes()[:1000])
    other.unlink()
    assert run(broken, tmp_path / "run") == 2
    told = "".join(capsys.readouterr())
    assert image.name in told
    assert other.stem in told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--train.model.name", "unnet"], "unnet"),
        (["--train.model.input_px", "50", "--train.model.output_px", "50"], "input_px is 50"),
        (["--train.head_weights", "1", ".5"], "2 entries, the network 1 heads"),
        (["--train.sizes_px", "42", "64", "--train.sizes_fraction", ".5", ".5"], "42 px is no mul"),
        (["--split.folds", "9"], "9"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_training(
    data: Path, tmp_path: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, tmp_path / "run", *more) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_choice_without_enough_people_is_refused_before_training(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = Path(shutil.copytree(data, tmp_path / "data"))
    for person in ("ID003", "ID004"):
        for kind in ("DCM", "outputs_json"):
            shutil.rmtree(few / "train" / kind / person)
    assert run(few, tmp_path / "run", "--ensemble.select", "true") == 2
    assert "ensemble.select: 2 people" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_killed_in_training_it_goes_on_to_the_same_csv(
    done: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(data, out)
    wait_for((out / "members" / "fold1.partial").exists, process)
    process.kill()
    process.communicate()
    assert not (out / "submission.csv").exists()
    assert run(data, out) == 0
    assert (out / "submission.csv").read_bytes() == (done / "submission.csv").read_bytes()


def test_sigterm_in_training_ends_with_143_and_the_run_goes_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start(data, out, "--train.length", "100000")
    wait_for((out / "members" / "fold0.partial").exists, process)
    process.send_signal(signal.SIGTERM)
    _, lines = process.communicate(timeout=20)
    assert process.returncode == 143, lines
    assert "Traceback" not in lines
    assert not (out / "members" / "fold0").exists()
