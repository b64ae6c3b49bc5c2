import json
import logging
import shutil
from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.folds import FoldTable
from handseg.settings import SplitSettings
from handseg.stages.split import split
from handseg.storage.location import Location
from tests.drawing import write_tiny_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    write_tiny_dataset(root, people=4, test_people=1, size=(24, 24), seed=0)
    return root


def run(data: Path, out: Path, folds: int = 2) -> Path:
    settings = SplitSettings(folds=folds)
    split(data=Location(str(data)), out=Location(str(out)), settings=settings)
    return out


def test_the_fold_table_holds_the_training_images_with_its_hash(data: Path, tmp_path: Path) -> None:
    table = FoldTable.read(run(data, tmp_path / "folds.csv"))
    images = sorted((data / "train" / "DCM").rglob("*.png"))
    found = [(row.person, row.image_name) for row in table.rows]
    assert found == [(image.parent.name, image.name) for image in images]
    assert [len(table.held_out(fold)) for fold in range(2)] == [4, 4]


def test_the_record_counts_people_and_images(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "folds.csv")
    record = json.loads((tmp_path / "folds.csv.run.json").read_text())
    assert (record["people"], record["images_per_fold"]) == (4, [4, 4])
    assert record["settings"] == {"folds": 2}
    assert len(record["parents"]["train_part"]) == 64


def test_a_second_run_does_nothing_and_says_so(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = run(data, tmp_path / "folds.csv")
    before = out.stat().st_mtime_ns
    with caplog.at_level(logging.INFO, "handseg"):
        run(data, out)
    assert "nothing to do" in caplog.text
    assert out.stat().st_mtime_ns == before


def test_a_table_of_other_settings_or_data_is_not_replaced(data: Path, tmp_path: Path) -> None:
    out = run(data, tmp_path / "folds.csv")
    with pytest.raises(BadInput, match=r"settings\.folds: 2 -> 3"):
        run(data, out, folds=3)
    for folder in ("DCM", "outputs_json"):
        shutil.rmtree(data / "train" / folder / "ID003")
    with pytest.raises(BadInput, match=r"parents\.train_part"):
        run(data, out)


def test_the_test_part_plays_no_role(data: Path, tmp_path: Path) -> None:
    first = run(data, tmp_path / "first.csv").read_bytes()
    out = run(data, tmp_path / "folds.csv")
    shutil.rmtree(data / "test")
    assert run(data, out).read_bytes() == first


def test_fewer_people_than_folds_leave_nothing_behind(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="4 people cannot make 5 folds"):
        run(data, tmp_path / "out" / "folds.csv", folds=5)
    assert not (tmp_path / "out").exists()


def test_a_file_under_two_people_is_refused(data: Path, tmp_path: Path) -> None:
    first, *_, last = sorted((data / "train" / "DCM").rglob("*.png"))
    shutil.copy(first, last)
    with pytest.raises(BadInput, match="same pixels under two people") as refusal:
        run(data, tmp_path / "folds.csv")
    assert str(first) in str(refusal.value)
    assert str(last) in str(refusal.value)


def test_pairs_that_do_not_match_are_refused(data: Path, tmp_path: Path) -> None:
    next((data / "train" / "outputs_json").rglob("*.json")).unlink()
    with pytest.raises(BadInput, match="image without annotation"):
        run(data, tmp_path / "folds.csv")


def test_data_that_is_not_there_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere: not found"):
        run(tmp_path / "nowhere", tmp_path / "folds.csv")
