import gc
from pathlib import Path

import pytest

from handseg.pseudonyms import VARIABLE
from pipeline import containers
from pipeline.local import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "smok"], "smok: no such preset; did you mean smoke?"),
        (["--data", "nowhere"], "nowhere: no such folder; give one that holds train/"),
    ],
)
def test_a_mistake_is_named_before_a_task_is_started(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--data", str(tmp_path), "--out", str(tmp_path / "out"), *arguments])
    assert refused.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_containers_may_read_the_data_and_no_more(tmp_path: Path) -> None:
    given = containers.runner(tmp_path).container_run_args
    (mount,) = given["mounts"]
    assert (mount["Source"], mount["Target"]) == (str(tmp_path), str(tmp_path))
    assert mount["ReadOnly"]
    assert given["read_only"]
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges"]


def test_containers_are_handed_the_key_that_hides_people_mlflow_and_no_other_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert containers.runner(tmp_path).container_run_args["environment"] == {}
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv(VARIABLE, "k" * 32)
    given = containers.runner(tmp_path).container_run_args["environment"]
    assert given == {VARIABLE: "k" * 32}
    monkeypatch.setenv("HANDSEG_MLFLOW", "https://mlflow.example.org")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "token")
    given = containers.runner(tmp_path).container_run_args["environment"]
    assert set(given) == {VARIABLE, "HANDSEG_MLFLOW", "MLFLOW_TRACKING_TOKEN"}


# The client leaves its socket to the garbage collector when nobody listens.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_engine_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(SystemExit) as refused:
        main(["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--runner", "docker"])
    assert refused.value.code == 2
    assert "Docker does not answer" in capsys.readouterr().err
    del refused
    gc.collect()
