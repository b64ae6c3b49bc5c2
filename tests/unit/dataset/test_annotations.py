"""What an annotation file says is read as polygons by class id."""

from pathlib import Path

import numpy as np
import pytest

from handseg import bones
from handseg.dataset import annotations
from handseg.errors import BadInput
from handseg.masks import bitfield
from tests.drawing import entry, write_annotation
from tests.unit.dataset.made_annotation import SQUARE, load, write


def test_points_come_as_x_y_by_class_id(tmp_path: Path) -> None:
    path = write(tmp_path, entry("Radius", [[10, 20], [30, 20], [30, 40]]))
    found = load(path)
    assert list(found) == [27]
    (points,) = found[27]
    assert points.dtype == np.int32
    assert points.tolist() == [[10, 20], [30, 20], [30, 40]]


def test_classes_come_in_official_order(tmp_path: Path) -> None:
    labels = ["Ulna", "finger-2", "Trapezium", "finger-1"]
    found = load(write(tmp_path, *(entry(label, SQUARE) for label in labels)))
    assert list(found) == [0, 1, 19, 28]


def test_the_competitions_form_is_read_with_its_wrong_size(tmp_path: Path) -> None:
    polygons = {class_id: [np.array(SQUARE, np.int32)] for class_id in range(29)}
    write_annotation(tmp_path / "a.json", polygons)
    found = load(tmp_path / "a.json")
    assert {c: p[0].tolist() for c, p in found.items()} == {c: SQUARE for c in range(29)}


def test_two_polygons_of_a_bone_are_their_union(tmp_path: Path) -> None:
    # 0..4 and 3..7 squares: 25 + 25 - 4 pixels; filled even-odd as one they would lose the 4
    first = [[0, 0], [4, 0], [4, 4], [0, 4]]
    second = [[3, 3], [7, 3], [7, 7], [3, 7]]
    path = write(tmp_path, entry("Lunate", first), entry("Lunate", second))
    polygons = load(path)
    assert len(polygons[24]) == 2
    assert np.count_nonzero(bitfield.rasterise(polygons, (10, 10))) == 46
    (remark,) = annotations.examine(path, height=100, width=100).remarks
    assert (remark.fault, remark.value) == ("bone in several polygons", "2")


def test_points_just_outside_are_moved_onto_the_edge(tmp_path: Path) -> None:
    # 1 % of 200 is 2 px across, of 300 is 3 px down
    path = write(tmp_path, entry("Ulna", [[-2, 5], [201, 5], [5, 302]]))
    found = annotations.examine(path, height=300, width=200)
    assert found.polygons[28][0].tolist() == [[0, 5], [199, 5], [5, 299]]
    assert found.faults == []
    (remark,) = found.remarks
    assert remark.path == f"{path}: Ulna"
    assert (remark.fault, remark.value) == ("points just outside the image", "3 px")


def test_one_pixel_outside_is_moved_in_an_image_of_any_size(tmp_path: Path) -> None:
    path = write(tmp_path, entry("Ulna", [[0, 0], [10, 0], [10, 10]]))
    assert load(path, height=10, width=10)[28][0].tolist() == [[0, 0], [9, 0], [9, 9]]


def test_fractions_are_rounded(tmp_path: Path) -> None:
    path = write(tmp_path, entry("Ulna", [[1.4, 1.6], [5.0, 1], [5, 4.9]]))
    assert load(path)[28][0].tolist() == [[1, 2], [5, 1], [5, 5]]


def test_a_truth_that_lacks_bones_is_refused_with_their_names(tmp_path: Path) -> None:
    labels = [name for name in bones.NAMES if name not in ("finger-1", "Pisiform")]
    path = write(tmp_path, *(entry(label, SQUARE) for label in labels))
    with pytest.raises(BadInput, match=r"a\.json: bones missing \(finger-1, Pisiform\); draw them"):
        annotations.load(path, height=100, width=100)
    whole = write(tmp_path, *(entry(label, SQUARE) for label in bones.NAMES))
    assert list(annotations.load(whole, height=100, width=100)) == list(range(29))


def test_missing_bones_come_with_all_other_faults(tmp_path: Path) -> None:
    labels = bones.NAMES[1:]
    path = write(tmp_path, entry("Ulna", [[1, 1]]), *(entry(label, SQUARE) for label in labels))
    with pytest.raises(BadInput, match=r"(?s)Ulna: fewer than 3.*bones missing \(finger-1\)"):
        annotations.load(path, height=100, width=100)


def test_of_a_file_that_names_no_bone_none_is_called_missing(tmp_path: Path) -> None:
    path = write(tmp_path, entry("Wrist", SQUARE))
    with pytest.raises(BadInput, match="unknown bone") as refusal:
        annotations.load(path, height=100, width=100)
    assert "missing" not in str(refusal.value)
