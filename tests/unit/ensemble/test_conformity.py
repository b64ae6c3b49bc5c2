from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg import bones
from handseg.dataset.fault import Fault
from handseg.dataset.layout import ImageRecord, Part
from handseg.ensemble import conformity

Rows = list[str]


def record(folder: Path, name: str, person: str, part: Part = "test") -> ImageRecord:
    path = folder / part / "DCM" / person / name
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((4, 5), np.uint8))
    return ImageRecord(name, person, part, path, None)


@pytest.fixture
def records(tmp_path: Path) -> list[ImageRecord]:
    """Two test images of 4 x 5 pixels, z.png before a.png in path order, and a training image."""
    return [
        record(tmp_path, "t.png", "ID0", "train"),
        record(tmp_path, "z.png", "ID1"),
        record(tmp_path, "a.png", "ID2"),
    ]


def rows(*images: str) -> Rows:
    return [f"{image},{bone},1 2" for image in images for bone in bones.NAMES]


def check(folder: Path, records: list[ImageRecord], lines: Rows) -> list[Fault]:
    path = folder / "submission.csv"
    path.write_text("\n".join(["image_name,class,rle", *lines, ""]))
    return conformity.check(path, records)


def test_a_complete_submission_has_no_fault(tmp_path: Path, records: list[ImageRecord]) -> None:
    lines = rows("z.png", "a.png")
    lines[3] = "z.png,finger-4,"
    lines[4] = "z.png,finger-5,1 20"
    assert check(tmp_path, records, lines) == []


def test_without_a_test_part_the_training_images_are_covered(tmp_path: Path) -> None:
    train = [record(tmp_path, "t.png", "ID0", "train")]
    assert conformity.covered(train) == train
    assert check(tmp_path, train, rows("t.png")) == []


def change(index: int, text: str) -> Callable[[Rows], Rows]:
    return lambda lines: [*lines[:index], text, *lines[index + 1 :]]


@pytest.mark.parametrize(
    ("edit", "line", "fault", "value"),
    [
        (
            change(0, "z.png,finger-1,21 1"),
            2,
            "ends beyond the image's 20 pixels",
            "z.png finger-1",
        ),
        (change(1, "z.png,finger-2,1 2 2 2"), 3, "begins before", "z.png finger-2"),
        (change(1, "z.png,finger-2,1 2 3"), 3, "3 numbers", "z.png finger-2"),
        (change(1, "z.png,finger-2,nan"), 3, "'n' is neither digit nor blank", "z.png finger-2"),
        (change(1, "z.png,finger-2"), 3, "not a row", "z.png,finger-2"),
        (change(1, '"z.png",finger-2,'), 3, "refused name", '"z.png"'),
        (change(1, "z.png,Finger-2,"), 3, "unknown class", "Finger-2"),
        (change(1, "=1+1.png,finger-2,"), 3, "refused name", "=1+1.png"),
        (change(1, "y.png,finger-2,"), 3, "unknown image", "y.png"),
        (change(1, "t.png,finger-2,"), 3, "an image of the train part", "t.png"),
        (lambda lines: [lines[0], *lines], 3, "row twice", "z.png finger-1"),
        (lambda lines: [*lines, lines[0]], 60, "row twice", "z.png finger-1"),
        (
            lambda lines: [lines[1], lines[0], *lines[2:]],
            3,
            "out of order",
            "z.png finger-1, 1 rows in all",
        ),
        (
            lambda lines: [*lines[29:], *lines[:29]],
            31,
            "out of order",
            "z.png finger-1, 29 rows in all",
        ),
    ],
)
def test_each_fault_is_named_with_line_value_and_remedy(
    tmp_path: Path,
    records: list[ImageRecord],
    edit: Callable[[Rows], Rows],
    line: int,
    fault: str,
    value: str,
) -> None:
    found = check(tmp_path, records, edit(rows("z.png", "a.png")))
    first = found[0]
    assert first.path == f"{tmp_path / 'submission.csv'}:{line}"
    assert fault in first.fault
    assert first.value == value
    assert first.remedy
    # a row that was replaced is also missed
    assert all(other.fault == "row left out" for other in found[1:])


def test_every_fault_is_reported_in_one_go(tmp_path: Path, records: list[ImageRecord]) -> None:
    lines = rows("z.png", "t.png", "y.png")
    lines[0] = "z.png,finger-1,0 1"
    lines[5] = "z.png,finger-5,"
    found = check(tmp_path, records, lines)
    assert [(f.fault.partition(":")[0], f.value) for f in found] == [
        ("RLE", "z.png finger-1"),
        ("row twice", "z.png finger-5"),
        ("an image of the train part", "t.png"),
        ("unknown image", "y.png"),
        ("row left out", "z.png finger-6"),
        ("image left out", "a.png"),
    ]


def test_a_wrong_header_does_not_hide_the_rest(tmp_path: Path, records: list[ImageRecord]) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("\n".join(["name,class,rle", *rows("z.png")]))
    header, left_out = conformity.check(path, records)
    assert (header.path, header.value) == (f"{path}:1", "name,class,rle")
    assert left_out.value == "a.png"


def test_an_unreadable_image_is_one_fault(tmp_path: Path, records: list[ImageRecord]) -> None:
    records[1].image_path.write_bytes(b"no png")
    (found,) = check(tmp_path, records, rows("z.png", "a.png"))
    assert found.path == str(records[1].image_path)
    assert found.remedy


def test_a_near_name_is_suggested(tmp_path: Path, records: list[ImageRecord]) -> None:
    lines = rows("z.png", "a.png")
    lines[27] = "z.png,radius,"
    assert check(tmp_path, records, lines)[0].remedy == "write Radius"
