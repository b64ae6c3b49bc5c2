from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.tracking import choice
from handseg.tracking.choice import IMAGES, MLFLOW, TENSORBOARD


def test_without_variables_there_are_no_trackers() -> None:
    assert choice.from_environment({}) == choice.Choice()
    assert choice.from_environment({TENSORBOARD: "", MLFLOW: ""}) == choice.Choice()


def test_each_variable_names_one(tmp_path: Path) -> None:
    both = {TENSORBOARD: str(tmp_path / "new" / "tb"), MLFLOW: "https://mlflow.example.org"}
    found = choice.from_environment({**both, IMAGES: "5"})
    assert [tracker.title for tracker in found.trackers] == ["TensorBoard", "MLflow"]
    assert found.images == 5
    assert choice.from_environment({MLFLOW: "sqlite:///runs.db", IMAGES: "0"}).images == 0
    # Looking is not writing.
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (TENSORBOARD, "s3://bucket/tb", "give a folder of this machine"),
        (TENSORBOARD, "/dev/null/tb", "/dev/null is no folder that can be written"),
        (MLFLOW, "mlflow.example.org", "give the URI of a tracking server"),
        (MLFLOW, "postgresql://db/mlflow", "give the URI of a tracking server"),
        (MLFLOW, "https://[", "no URI"),
        (IMAGES, "many", "give a number of images"),
        (IMAGES, "-1", "give a number of images"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(variable: str, value: str, said: str) -> None:
    with pytest.raises(BadInput, match=variable) as refused:
        choice.from_environment({MLFLOW: "sqlite:///runs.db", variable: value})
    assert said in str(refused.value)


@pytest.mark.parametrize("secret", ["user:s3cret@", "s3cret@"])
def test_a_secret_in_an_address_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadInput, match="MLFLOW_TRACKING_PASSWORD") as refused:
        choice.from_environment({MLFLOW: f"https://{secret}mlflow.example.org"})
    assert "s3cret" not in str(refused.value)
