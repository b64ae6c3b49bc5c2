"""The data that a run was made from: whatever changed in them is named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg import cli
from handseg.pseudonyms import VARIABLE
from handseg.storage import sums
from tests.end_to_end.verify.changed import first, flip


@pytest.mark.parametrize(("folder", "what"), [("DCM", "image"), ("outputs_json", "annotation")])
def test_data_that_changed_are_named_file_by_file(
    done: Path, data: Path, tmp_path: Path, folder: str, what: str, verify: Callable[..., str]
) -> None:
    changed = Path(shutil.copytree(data, tmp_path / "data"))
    one, *_, last = sorted((changed / "train" / folder).rglob("*.*"))
    before = sums.file_sha256(one)
    for path in (last, one):
        flip(path)
    said = verify(2, done, "--data", changed)
    after = sums.file_sha256(one)
    expected = f"{one}: SHA-256 of the {what} is {after[:16]}..., expected {before[:16]}...; put"
    assert first(said).startswith(expected)
    assert f"{last}: SHA-256 of the {what} is " in said
    assert "1 of 17 differ" in said


def test_images_that_came_and_went_and_changed_hands_are_named(
    done: Path, data: Path, tmp_path: Path, verify: Callable[..., str]
) -> None:
    changed = Path(shutil.copytree(data, tmp_path / "data"))
    gone, *_, moved = sorted((changed / "train/DCM").rglob("*.png"))
    shutil.copyfile(moved, next((changed / "test/DCM").iterdir()) / "new.png")
    gone.unlink()
    for kind, end in (("DCM", ".png"), ("outputs_json", ".json")):
        path = changed / "train" / kind / moved.parent.name / f"{moved.stem}{end}"
        path.rename(changed / "train" / kind / gone.parent.name / path.name)
    said = verify(2, done, "--data", changed)
    assert first(said).startswith(f"{changed}: train image {gone.name}: presence is absent")
    assert "new.png: presence is there, expected absent" in said
    assert f"{moved.name}: person is {gone.parent.name}, expected {moved.parent.name}" in said


def test_a_fold_table_alone_says_no_more_than_that_the_data_changed(
    done: Path, data: Path, tmp_path: Path, verify: Callable[..., str]
) -> None:
    assert "2 verified" in verify(0, done / "folds.csv", "--data", data)
    changed = Path(shutil.copytree(data, tmp_path / "data"))
    flip(next((changed / "test").rglob("*.png")))  # which plays no role in a split
    verify(0, done / "folds.csv", "--data", changed)
    flip(next((changed / "train").rglob("*.png")))
    line = first(verify(2, done / "folds.csv", "--data", changed))
    assert line.startswith(f"{done}/folds.csv.run.json: parents.train_part is ")
    refused = verify(2, done / "submission.csv", "--data", data)
    assert "nothing here was made from raw data" in refused


def test_people_under_a_key_are_compared_under_the_same(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Callable[..., str]
) -> None:
    monkeypatch.setenv(VARIABLE, "k" * 32)
    folds = ["--data", str(data), "--out", str(tmp_path / "out/folds.csv")]
    assert cli.main(["split", *folds, "--settings.folds", "2"]) == 0
    words = ["--folds", str(tmp_path / "out/folds.csv"), "--out", str(tmp_path / "out/cache")]
    assert cli.main(["preprocess", "--data", str(data), *words]) == 0
    verify(0, tmp_path / "out", "--data", data)
    monkeypatch.delenv(VARIABLE)
    verify(0, tmp_path / "out")
    assert f"{VARIABLE} is not set" in verify(2, tmp_path / "out", "--data", data)
