"""`handseg train` with trackers in its environment, and what their own programs read afterwards."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from handseg.settings import SplitSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage.location import Location
from handseg.storage.sums import file_sha256
from handseg.tracking.choice import MLFLOW, TENSORBOARD
from handseg.training import resume
from tests.drawing import write_tiny_dataset
from tests.end_to_end import listening
from tests.faults.command import Ended, start, until, wait
from tests.faults.training import SETTINGS
from tests.unit.tracking import events

STEPS = 40
FEW: Mapping[str, object] = {
    **SETTINGS, "model.filters": "[4,8,12]", "model.input_px": 32, "model.output_px": 32,
    "length": STEPS, "validate_every": 5, "learning_rate": 1e-2,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fold table and image cache of four people, and a member that was trained untracked."""
    root = tmp_path_factory.mktemp("made")
    write_tiny_dataset(root / "data", people=4, size=(40, 48), seed=1)
    places = {name: Location(str(root / name)) for name in ("data", "folds.csv", "cache")}
    split(data=places["data"], out=places["folds.csv"], settings=SplitSettings(folds=2))
    preprocess(data=places["data"], folds=places["folds.csv"], out=places["cache"])
    return root


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's store in files, which is quick, wants to be asked for."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")


@pytest.fixture(scope="module")
def untracked(made: Path) -> str:
    """SHA-256 of the weights of a training that nobody is told of."""
    wait(start(*words(made, made / "plain"))).must(0)
    return file_sha256(made / "plain" / "model.safetensors")


def words(made: Path, out: Path) -> list[object]:
    flags = [word for name, value in FEW.items() for word in (f"--settings.{name}", value)]
    return ["train", "--cache", made / "cache", "--folds", made / "folds.csv", "--fold", 0,
            "--out", out, *flags]  # fmt: skip


def files(root: Path) -> dict[str, str]:
    """Both trackers, MLflow's store in files: a database takes seconds to make."""
    return {TENSORBOARD: str(root / "tb"), MLFLOW: (root / "ml").as_uri()}


def curves(root: Path, name: str, uri: str) -> dict[str, list[int]]:
    """Steps of a curve of the one training there is, by tracker."""
    (folder,) = (root / "tb").iterdir()
    client = MlflowClient(uri)
    (experiment,) = client.search_experiments(filter_string="name = 'handseg'")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, name)
    return {
        "TensorBoard": [event.step for event in events.read(folder).Scalars(name)],
        "MLflow": sorted(metric.step for metric in history),
    }


def check_curves(root: Path, uri: str) -> None:
    """Each step's point is there once, in both."""
    every = list(range(1, STEPS + 1))
    assert curves(root, "loss", uri) == {"TensorBoard": every, "MLflow": every}
    found = curves(root, "validation/dice", uri)
    assert found["TensorBoard"] == found["MLflow"] == every[9::10]


def newest(state: Path) -> int:
    found = sorted((state / resume.FOLDER).glob("step-*.safetensors"))
    return int(found[-1].name.split("-")[1].removesuffix(".safetensors")) if found else 0


def kill_and_go_on(made: Path, out: Path, variables: Mapping[str, str], *kills: int) -> Ended:
    """Train; SIGKILL at the first state after each of these steps; and to the end."""
    for step in kills:
        process = start(*words(made, out), variables=variables)
        until(lambda: newest(out.with_name("member.partial")) > step, process)  # noqa: B023
        process.kill()
        wait(process)
    return wait(start(*words(made, out), variables=variables)).must(0, "resumed at step")


@pytest.mark.long
def test_killed_and_called_again_each_point_is_there_once(made: Path, tmp_path: Path) -> None:
    kill_and_go_on(made, tmp_path / "member", files(tmp_path), 12)
    check_curves(tmp_path, (tmp_path / "ml").as_uri())


@pytest.mark.parametrize(
    ("package", "variable", "extra"),
    [
        ("tensorboardX", TENSORBOARD, "tensorboard"),
        pytest.param("mlflow", MLFLOW, "mlflow", marks=pytest.mark.long),
    ],
)
def test_a_package_that_is_absent_ends_it_before_anything_is_read(
    package: str, variable: str, extra: str, tmp_path: Path
) -> None:
    absent = f"import sys; sys.modules['{package}'] = None; from handseg.cli import main; "
    value = {TENSORBOARD: str(tmp_path / "tb"), MLFLOW: "sqlite:///runs.db"}[variable]
    done = subprocess.run(
        [sys.executable, "-c", absent + "sys.exit(main(sys.argv[1:]))",
         *map(str, words(tmp_path / "nothing", tmp_path / "member"))],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, variable: value},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert f"{package} is not installed, which {variable} asks for" in done.stderr
    assert f"pip install 'handseg[{extra}]'" in done.stderr
    assert not list(tmp_path.iterdir())


# MLflow's own, of a way to load that it uses.
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
@pytest.mark.long
def test_a_database_holds_the_run_and_nobody_else_is_called(
    made: Path, untracked: str, tmp_path: Path
) -> None:
    uri = f"sqlite:///{tmp_path}/ml.db"
    variables = {TENSORBOARD: str(tmp_path / "tb"), MLFLOW: uri}
    heard = tmp_path / "listening"
    variables = {**variables, **listening.environment(heard)}
    kill_and_go_on(made, tmp_path / "member", variables, 4, 12, 25)
    check_curves(tmp_path, uri)
    assert file_sha256(tmp_path / "member" / "model.safetensors") == untracked
    assert not listening.calls(heard)
    pictures = list((tmp_path / "mlartifacts").rglob("*.png"))
    assert len(pictures) == 3 * STEPS / 10
    assert {path.read_bytes()[:4] for path in pictures} == {b"\x89PNG"}


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes every connection and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield server.getsockname()[1]


@pytest.mark.long
@pytest.mark.parametrize("answers", [True, False])
def test_without_its_server_a_training_warns_once_and_ends_with_the_same_weights(
    made: Path, untracked: str, tmp_path: Path, silent: int, answers: bool
) -> None:
    port = silent if answers else 9  # where nobody listens
    variables = {
        MLFLOW: f"http://127.0.0.1:{port}", "MLFLOW_TRACKING_USERNAME": "canary-user",
        "MLFLOW_TRACKING_PASSWORD": "canary-password", "MLFLOW_HTTP_REQUEST_TIMEOUT": "2",
    }  # fmt: skip
    done = wait(start(*words(made, tmp_path / "member"), variables=variables)).must(0)
    assert file_sha256(tmp_path / "member" / "model.safetensors") == untracked
    warned = re.findall("WARNING: member: MLflow does not take the training's course", done.said)
    assert len(warned) == 1, done.said
    assert "MLflow did not take the last" in done.said
    assert "canary" not in done.said and "Traceback" not in done.said


@pytest.mark.long
def test_sigterm_does_not_wait_for_a_server_that_is_silent(
    made: Path, tmp_path: Path, silent: int
) -> None:
    variables = {MLFLOW: f"http://127.0.0.1:{silent}"}
    process = start(*words(made, tmp_path / "member"), variables=variables)
    until(lambda: newest(tmp_path / "member.partial") > 3, process)
    process.send_signal(signal.SIGTERM)
    ended = wait(process).must(143, "which was saved", "offered again when the training goes on")
    assert "Traceback" not in ended.said
    # What waited goes to whoever is there when it goes on.
    wait(start(*words(made, tmp_path / "member"), variables=files(tmp_path))).must(0)
    uri = (tmp_path / "ml").as_uri()
    assert curves(tmp_path, "loss", uri)["MLflow"] == list(range(1, STEPS + 1))


@pytest.mark.long
def test_of_several_processes_the_first_alone_tells(made: Path, tmp_path: Path) -> None:
    wait(
        start(*words(made, tmp_path / "member"), "--processes", 2, variables=files(tmp_path))
    ).must(0)
    check_curves(tmp_path, (tmp_path / "ml").as_uri())
    (folder,) = (tmp_path / "tb").iterdir()
    assert len(list(folder.iterdir())) == 1
