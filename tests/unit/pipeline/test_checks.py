import os
from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from pipeline.submit.checks import check_root
from pipeline.submit.data import look


@pytest.fixture
def hands(object_store: Path) -> Path:
    """A data set's folder in the bucket."""
    folder = object_store / "hands" / "train" / "DCM" / "ID001"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"x")
    return object_store / "hands"


def uri(folder: Path) -> str:
    return f"s3://{folder.parent.name}/{folder.name}"


def test_data_are_counted_where_they_lie(hands: Path) -> None:
    assert len(look(uri(hands)).objects) == 2


def test_the_same_data_have_the_same_hash_wherever_they_lie(hands: Path) -> None:
    before = look(uri(hands)).hash
    assert len(before) == 16
    assert look(f"{uri(hands)}/").hash == before
    assert look(uri(hands.rename(hands.with_name("moved")))).hash == before


def test_the_hash_follows_content_size_and_name(hands: Path) -> None:
    image = hands / "train/DCM/ID001/a.png"
    seen = {look(uri(hands)).hash}
    for content in (b"y", b"yy"):
        image.write_bytes(content)
        os.utime(image, (len(seen), len(seen)))
        seen.add(look(uri(hands)).hash)
    image.rename(image.with_name("c.png"))
    seen.add(look(uri(hands)).hash)
    (hands / "test").mkdir()
    (hands / "test" / "d.png").write_bytes(b"x")
    assert len({*seen, look(uri(hands)).hash}) == 5


def test_what_no_stage_reads_changes_no_hash(hands: Path) -> None:
    before = look(uri(hands)).hash
    (hands / "runs").mkdir()
    (hands / "runs" / "report.html").write_bytes(b"x")
    assert look(uri(hands)).hash == before


def test_a_prefix_without_training_images_is_refused(object_store: Path) -> None:
    (object_store / "hands").mkdir()
    (object_store / "hands" / "note.txt").write_bytes(b"x")
    with pytest.raises(MissingInput, match="nothing under train/"):
        look(f"s3://{object_store.name}/hands")


def test_a_bucket_that_is_not_there_is_refused(object_store: Path) -> None:
    with pytest.raises(MissingInput, match="no such bucket"):
        look("s3://nowhere/hands")


def test_a_bucket_for_the_artifacts_must_be_there(object_store: Path) -> None:
    with pytest.raises((MissingInput, BadInput)):
        check_root("s3://nowhere/runs")


def test_wrong_keys_are_said(object_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(BadInput, match="access denied"):
        look(f"s3://{object_store.name}/hands")
