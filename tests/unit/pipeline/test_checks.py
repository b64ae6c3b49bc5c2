from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from pipeline.submit.checks import check_reachable


def test_data_are_counted_where_they_lie(object_store: Path) -> None:
    folder = object_store / "hands" / "train" / "DCM" / "ID001"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"x")
    bucket = f"s3://{object_store.name}"
    assert check_reachable(f"{bucket}/hands", "") == 2


def test_a_prefix_without_training_images_is_refused(object_store: Path) -> None:
    (object_store / "hands").mkdir()
    (object_store / "hands" / "note.txt").write_bytes(b"x")
    with pytest.raises(MissingInput, match="nothing under train/"):
        check_reachable(f"s3://{object_store.name}/hands", "")


def test_a_bucket_that_is_not_there_is_refused(object_store: Path) -> None:
    with pytest.raises(MissingInput, match="no such bucket"):
        check_reachable("s3://nowhere/hands", "")


def test_a_bucket_for_the_artifacts_must_be_there(object_store: Path) -> None:
    (object_store / "train").mkdir()
    (object_store / "train" / "a.png").write_bytes(b"x")
    data = f"s3://{object_store.name}"
    with pytest.raises((MissingInput, BadInput)):
        check_reachable(data, "s3://nowhere/runs")


def test_wrong_keys_are_said(object_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(BadInput, match="access denied"):
        check_reachable(f"s3://{object_store.name}/hands", "")
