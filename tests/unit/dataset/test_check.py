import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from handseg.dataset.check import Report, check_data
from handseg.dataset.fault import Fault
from tests.drawing import entry, write_image, write_tiny_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    write_tiny_dataset(root, people=3, test_people=1, size=(40, 30), seed=0)
    return root


def images(data: Path) -> list[Path]:
    return sorted((data / "train" / "DCM").rglob("*.png"))


def annotation_of(image: Path) -> Path:
    folder = image.parents[2] / "outputs_json" / image.parent.name
    return folder / f"{image.stem}.json"


def change_entries(path: Path, *more: Any, without: tuple[str, ...] = ()) -> None:
    document = json.loads(path.read_text())
    kept = [found for found in document["annotations"] if found["label"] not in without]
    document["annotations"] = [*kept, *more]
    path.write_text(json.dumps(document))


def named(found: list[Fault]) -> list[tuple[str, str, str]]:
    return [(Path(f.path).name, f.fault, f.value) for f in found]


def test_good_data_has_neither_faults_nor_remarks(data: Path) -> None:
    assert check_data(data) == Report(images=8, people=4, faults=[], remarks=[])


def test_all_faults_of_all_files_are_in_one_report(data: Path) -> None:
    first, second, third, fourth = images(data)[:4]
    first.write_bytes(first.read_bytes()[:-20])
    second.write_bytes(b"")
    change_entries(annotation_of(third), without=("Lunate", "finger-7"))
    change_entries(annotation_of(fourth), entry("Scafoid", [[1, 1], [5, 1], [5, 5]]))
    annotation_of(images(data)[4]).unlink()
    next((data / "test" / "DCM").rglob("*.png")).write_bytes(b"GIF89a")
    found = check_data(data)
    faults = {fault: value for _, fault, value in named(found.faults)}
    assert faults["bones missing"] == "finger-7, Lunate"
    assert faults["unknown bone"] == "'Scafoid'"
    assert faults["image without annotation"] == images(data)[4].name
    unusable = [value for _, fault, value in named(found.faults) if fault == "unusable image"]
    assert sorted(value.split(" ")[0] for value in unusable) == ["empty", "no", "truncated"]
    assert len(found.faults) == 6
    assert all(fault.path and fault.remedy for fault in found.faults)
    assert [fault.path for fault in found.faults] == sorted(fault.path for fault in found.faults)


def test_a_faulty_polygon_is_not_called_missing_as_well(data: Path) -> None:
    annotation = annotation_of(images(data)[0])
    change_entries(annotation, entry("Lunate", [[1, 1], [2, 2]]), without=("Lunate",))
    ((path, fault, value),) = named(check_data(data).faults)
    assert path == f"{annotation.name}: Lunate"
    assert (fault, value) == ("fewer than 3 points", "2")


def test_polygons_are_held_to_the_header_of_an_image_that_cannot_be_decoded(data: Path) -> None:
    image = images(data)[0]
    image.write_bytes(image.read_bytes()[:200])
    far = entry("Ulna", [[1, 1], [5, 1], [35, 35]])
    change_entries(annotation_of(image), far, without=("Ulna",))
    found = sorted(fault for _, fault, _ in named(check_data(data).faults))
    assert found == ["points outside the image", "unusable image"]
    image.write_bytes(b"")
    assert [fault for _, fault, _ in named(check_data(data).faults)] == ["unusable image"]


def test_the_same_pixels_under_two_people_are_found_in_different_files(data: Path) -> None:
    first, *_, last = images(data)
    pixels = cv2.imread(str(first), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    last.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    ((path, fault, value),) = named(check_data(data).faults)
    assert (path, fault) == (last.name, "same pixels under two people")
    assert str(first) in value


def test_an_outline_that_crosses_itself_is_a_remark(data: Path) -> None:
    annotation = annotation_of(images(data)[0])
    bow_tie = [[4, 4], [12, 12], [12, 4], [4, 12]]
    change_entries(annotation, entry("Ulna", bow_tie), without=("Ulna",))
    found = check_data(data)
    assert found.faults == []
    assert named(found.remarks) == [
        (f"{annotation.name}: Ulna", "outline crosses itself", "at (8, 8)")
    ]


def test_an_outline_without_area_is_a_remark(data: Path) -> None:
    annotation = annotation_of(images(data)[0])
    line = [[4, 4], [8, 8], [12, 12]]
    change_entries(annotation, entry("Ulna", line), without=("Ulna",))
    found = named(check_data(data).remarks)
    assert found == [(f"{annotation.name}: Ulna", "outline without area", "3 points")]


def test_a_file_that_may_not_be_read_does_not_end_the_report(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # tests may run as root, who may read everything
    image = images(data)[0]
    locked = (image, annotation_of(images(data)[1]))
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path in locked:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert named(check_data(data).faults) == [
        (path.name, "cannot be read", "Permission denied") for path in locked
    ]


def test_an_image_of_one_grey_value_is_a_remark(data: Path) -> None:
    write_image(images(data)[0], np.full((40, 30), 7, np.uint8))
    found = check_data(data)
    assert found.faults == []
    assert named(found.remarks) == [(images(data)[0].name, "one grey value", "7")]


def test_a_person_in_both_parts_is_a_remark(data: Path) -> None:
    (data / "test" / "DCM" / "ID004").rename(data / "test" / "DCM" / "ID001")
    found = check_data(data)
    assert found.faults == []
    assert named(found.remarks) == [("ID001", "person in both parts", "ID001")]


def test_a_folder_without_train_part_is_a_fault(tmp_path: Path) -> None:
    ((_, fault, _),) = named(check_data(tmp_path).faults)
    assert fault == "no such folder"
