"""What trackers are told of a training, by trainings in this process."""

from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from handseg import bones
from handseg.errors import Terminated
from handseg.tracking.choice import IMAGES, MLFLOW, TENSORBOARD
from handseg.training import loop
from handseg.training.call import Call
from handseg.training.trained import Trained
from tests.unit.stages.tiny_training import SETTINGS, make_data, task
from tests.unit.tracking import events


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def plain(made: Path) -> Trained:
    """A training that nobody is told of."""
    done = loop.train(task(made, made / "plain", SETTINGS))
    assert done is not None
    return done


@pytest.fixture
def tracked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both trackers are chosen, under the folder returned."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv(TENSORBOARD, str(tmp_path / "tb"))
    monkeypatch.setenv(MLFLOW, (tmp_path / "ml").as_uri())
    return tmp_path


def bytes_of(done: Trained) -> list[bytes]:
    return [done.best.read_bytes(), done.last.read_bytes()]


def the_run(root: Path) -> Run:
    client = MlflowClient((root / "ml").as_uri())
    (experiment,) = client.search_experiments(filter_string="name = 'handseg'")
    (run,) = client.search_runs([experiment.experiment_id])
    return run


def steps(root: Path, name: str) -> dict[str, list[int]]:
    """Steps of a curve, by tracker."""
    (folder,) = (root / "tb").iterdir()
    history = MlflowClient((root / "ml").as_uri()).get_metric_history(
        the_run(root).info.run_id, name
    )
    return {
        "TensorBoard": [event.step for event in events.read(folder).Scalars(name)],
        "MLflow": sorted(metric.step for metric in history),
    }


def shown(folder: Path) -> dict[str, list[int]]:
    """Steps of every image that TensorBoard shows, by its tag."""
    (training,) = folder.iterdir()
    found = events.read(training)
    return {tag: [image.step for image in found.Images(tag)] for tag in found.Tags()["images"]}


def both(*found: int) -> dict[str, list[int]]:
    return {"TensorBoard": [*found], "MLflow": [*found]}


def test_trackers_are_told_the_course_and_change_no_weight(
    made: Path, plain: Trained, tracked: Path
) -> None:
    training = task(made, tracked / "state", SETTINGS)
    done = loop.train(training)
    assert done is not None
    assert (bytes_of(done), done.card) == (bytes_of(plain), plain.card)
    run = the_run(tracked)
    assert (run.info.run_name, run.info.status) == ("tiny", "FINISHED")
    assert run.data.params["settings.model.name"] == "unet"
    assert {"fold", "member", "commit", "cache", "fold_table"} <= set(run.data.tags)
    assert run.data.tags["data"] == training.cache.metadata["data"]
    # 4 training images in batches of 2: a validation after every second step
    assert steps(tracked, "loss") == steps(tracked, "learning_rate") == both(1, 2, 3, 4, 5, 6)
    assert steps(tracked, "validation/dice") == both(2, 4, 6)
    assert run.data.metrics["validation/dice"] == done.card.history[-1].dice
    assert run.data.metrics["validation/images_per_second"] > 0
    assert {f"dice/{bone}" for bone in bones.NAMES} <= set(run.data.metrics)
    found = shown(tracked / "tb")
    assert found == {f"held_out/{name}": [2, 4, 6] for name in sorted(training.sides()[1])[:3]}


def test_no_image_is_shown_where_none_is_wanted(
    made: Path, tracked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IMAGES, "0")
    loop.train(task(made, tracked / "state", SETTINGS))
    assert not shown(tracked / "tb")
    assert not list((tracked / "ml").rglob("*.png"))


def test_of_many_steps_some_are_told(
    made: Path, tracked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handseg.training.tracked._MOST_STEPS", 2)
    loop.train(task(made, tracked / "state", SETTINGS))
    # 6 steps, of which 2 may be told: every third
    assert steps(tracked, "loss") == both(3, 6)
    assert steps(tracked, "validation/dice") == both(2, 4, 6)


@pytest.mark.parametrize("stop_at", [2, 3])
def test_a_resumed_training_goes_on_with_the_same_curves(
    made: Path, tracked: Path, stop_at: int
) -> None:
    with pytest.raises(Terminated):
        loop.train(task(made, tracked / "state", SETTINGS, stop_at=stop_at))
    assert the_run(tracked).info.status == "KILLED"
    loop.train(task(made, tracked / "state", SETTINGS))
    assert the_run(tracked).info.status == "FINISHED"
    assert steps(tracked, "loss") == both(1, 2, 3, 4, 5, 6)
    assert steps(tracked, "validation/dice") == both(2, 4, 6)


def test_settings_that_changed_on_the_way_are_a_tag(made: Path, tracked: Path) -> None:
    with pytest.raises(Terminated):
        loop.train(task(made, tracked / "state", SETTINGS, stop_at=2))
    slower = replace(SETTINGS, learning_rate=1e-3)
    loop.train(task(made, tracked / "state", slower, call=Call(allow_changes=True)))
    run = the_run(tracked)
    assert run.data.params["settings.learning_rate"] == "0.01"
    assert "learning_rate was 0.01 until step 2, and is 0.001 since" in run.data.tags["changes"]


def test_trackers_that_fail_leave_the_training_as_it_is(
    made: Path,
    plain: Trained,
    tracked: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Both places come to be files after they were looked at.
    monkeypatch.setenv(TENSORBOARD, str(tracked / "there" / "tb"))
    monkeypatch.setenv(MLFLOW, (tracked / "there" / "ml").as_uri())
    chosen = task(made, tracked / "state", SETTINGS)
    (tracked / "there").touch()
    caplog.clear()
    done = loop.train(chosen)
    assert done is not None and bytes_of(done) == bytes_of(plain)
    said = [r.getMessage() for r in caplog.records if "take the training's course" in r.message]
    assert sorted(line.split(" does ")[0] for line in said) == ["tiny: MLflow", "tiny: TensorBoard"]
