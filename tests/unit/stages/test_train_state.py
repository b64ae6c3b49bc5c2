"""A training whose own machine is lost goes on elsewhere, from its state in a bucket."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.settings import TrainSettings
from handseg.stages.train import train
from handseg.storage import s3_lock, snapshot
from handseg.storage.location import Location
from tests.unit.stages.tiny_training import SETTINGS, make_data

# One validation at the end, so that a state goes up only where it is asked for.
EVERY_STEP = replace(SETTINGS, checkpoint_minutes=1e-9)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("made"))


def run(made: Path, out: Path, state: Location, settings: TrainSettings = EVERY_STEP) -> None:
    places = {name: Location(str(made / name)) for name in ("cache", "folds.csv")}
    train(
        cache=places["cache"], folds=places["folds.csv"], fold=0, out=Location(str(out)),
        state=state, name="member", settings=settings,
    )  # fmt: skip


def weights(out: Path) -> bytes:
    return (out / "model.safetensors").read_bytes()


def test_with_its_machine_lost_it_is_finished_from_the_bucket(
    made: Path, tmp_path: Path, object_store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "handseg")
    state = Location(f"s3://{object_store.name}/states/member")
    run(made, tmp_path / "member", state)
    first = weights(tmp_path / "member")
    for name in ("member", "member.oof"):
        shutil.rmtree(tmp_path / name)
    run(made, tmp_path / "member", state)
    assert f"{state}: going on from the state found there" in caplog.text
    assert "member: resumed at step 6" in caplog.text
    assert weights(tmp_path / "member") == first
    assert (tmp_path / "member.oof").is_dir()
    assert not list(tmp_path.glob("*.partial"))
    # The state stays, and nothing of its lock.
    assert snapshot.pull(state) is not None
    assert not [path for path in object_store.rglob("*") if path.is_file() and "lock" in str(path)]


def test_another_training_of_the_same_state_is_refused(
    made: Path, tmp_path: Path, object_store: Path
) -> None:
    state = Location(f"s3://{object_store.name}/states/member")
    with (
        s3_lock.holding(state),
        pytest.raises(BadInput, match=rf"{state}: process \d+ on \S+ is writing it since"),
    ):
        run(made, tmp_path / "member", state)


def test_a_state_of_other_settings_is_refused_by_the_name_its_user_knows(
    made: Path, tmp_path: Path, object_store: Path
) -> None:
    state = Location(f"s3://{object_store.name}/states/member")
    run(made, tmp_path / "member", state)
    with pytest.raises(BadInput, match=f"{state} holds a training begun otherwise"):
        run(made, tmp_path / "other", state, replace(EVERY_STEP, learning_rate=2e-2))
