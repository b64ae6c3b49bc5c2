"""The true outlines are found by image name, in a data folder or a bare one."""

from pathlib import Path

import pytest

from handseg.dataset import annotations
from handseg.errors import BadInput, MissingInput
from tests.drawing import write_tiny_dataset
from tests.unit.dataset.made_annotation import write


def test_truth_is_found_by_image_name_in_a_data_folder(tmp_path: Path) -> None:
    write_tiny_dataset(tmp_path, people=2, test_people=1, size=(24, 24), seed=0)
    images = sorted((tmp_path / "train" / "DCM").rglob("*.png"))
    found = annotations.truth_files(tmp_path)
    assert sorted(found) == sorted(image.name for image in images)
    truth = tmp_path / "test" / "outputs_json" / "ID003" / "t.json"
    truth.parent.mkdir(parents=True)
    truth.write_text("{}")
    assert annotations.truth_files(tmp_path)["t.png"] == truth


def test_truth_is_found_in_a_bare_folder_at_any_depth(tmp_path: Path) -> None:
    first = write(tmp_path, name="a.json")
    (tmp_path / "deep").mkdir()
    second = write(tmp_path / "deep", name="b.json")
    assert annotations.truth_files(tmp_path) == {"a.png": first, "b.png": second}


def test_two_truths_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, name="a.json")
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", name="a.json")
    with pytest.raises(BadInput, match="has the same name"):
        annotations.truth_files(tmp_path)


def test_a_folder_without_truth_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"holds no \.json files"):
        annotations.truth_files(tmp_path)
