import base64
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from handseg.tracking.mlflow import MLflow
from handseg.tracking.tracker import About, Entry

ABOUT = About(
    member="fold0",
    settings={"settings.learning_rate": "0.001"},
    tags={"fold": "0", "commit": "c0ffee"},
    training="0123456789abcdef" * 2,
)


@pytest.fixture
def uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of files, which MLflow reads as its server does a database, in no time."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "store").as_uri()


def entries(*steps: int) -> list[Entry]:
    return [Entry(step=step, time_s=7.0, values={"loss": step / 2}) for step in steps]


def runs(uri: str, experiment: str = "handseg") -> Sequence[Run]:
    found = MlflowClient(uri).get_experiment_by_name(experiment)
    assert found is not None
    return list(MlflowClient(uri).search_runs([found.experiment_id]))


def points(uri: str, run: Run, name: str = "loss") -> list[tuple[int, float]]:
    history = MlflowClient(uri).get_metric_history(run.info.run_id, name)
    return sorted((metric.step, metric.value) for metric in history)


def test_a_run_has_params_tags_metrics_and_an_end(uri: str) -> None:
    tracker = MLflow(uri)
    tracker.open(ABOUT, 1)
    tracker.take(entries(1, 2))
    tracker.close("finished")
    (run,) = runs(uri)
    assert (run.info.run_name, run.info.status) == ("fold0", "FINISHED")
    assert run.data.params == ABOUT.settings
    assert ABOUT.tags.items() <= run.data.tags.items()
    assert points(uri, run) == [(1, 0.5), (2, 1.0)]


def test_a_resumed_training_goes_on_with_its_run_and_doubles_nothing(uri: str) -> None:
    killed = MLflow(uri)
    killed.open(ABOUT, 1)
    killed.take(entries(1, 2, 3))
    changed = About(
        member="fold0",
        settings={"settings.learning_rate": "0.1"},
        tags={**ABOUT.tags, "changes": "learning_rate was 0.001 until step 2, and is 0.1 since"},
        training=ABOUT.training,
    )
    resumed = MLflow(uri)
    resumed.open(changed, 3)
    assert runs(uri)[0].info.status == "RUNNING"
    resumed.take(entries(3, 4))
    resumed.close("stopped")
    (run,) = runs(uri)
    assert points(uri, run) == [(1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    assert run.info.status == "KILLED"
    # What a run began with stays; what changed is a tag.
    assert run.data.params == ABOUT.settings
    assert "is 0.1 since" in run.data.tags["changes"]


def test_more_than_one_request_may_hold_comes_whole(uri: str) -> None:
    tracker = MLflow(uri)
    tracker.open(ABOUT, 1)
    many = [
        Entry(step=step, time_s=0.0, values={"a": 1.0, "b": 2.0, "c": 3.0}) for step in range(700)
    ]
    tracker.take(many)
    (run,) = runs(uri)
    assert [step for step, _ in points(uri, run, "c")] == list(range(700))


def test_pictures_are_artifacts_by_step_and_image(uri: str, tmp_path: Path) -> None:
    tracker = MLflow(uri)
    tracker.open(ABOUT, 1)
    text = base64.b64encode(b"a PNG").decode()
    shown = Entry(step=4, time_s=0.0, values={}, pictures={"a.png": text, "b": text})
    tracker.take([shown])
    tracker.take([shown])
    found = {path.relative_to(tmp_path / "store") for path in tmp_path.rglob("*.png")}
    assert {Path(*path.parts[-4:]) for path in found} == {
        Path("artifacts/held_out/step-00000004/a.png"),
        Path("artifacts/held_out/step-00000004/b.png"),
    }


def test_the_experiment_is_named_as_for_every_program_of_mlflow(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "hands of the left")
    tracker = MLflow(uri)
    tracker.open(ABOUT, 1)
    assert len(runs(uri, "hands of the left")) == 1


def test_a_server_that_is_gone_is_a_failure_that_it_declares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        tracker = MLflow(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(tracker.failures, match="refused"):
            tracker.open(ABOUT, 1)
