import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg import bones
from handseg.dataset import annotation_entries, annotations
from handseg.errors import BadInput, MissingInput
from handseg.masks import bitfield
from tests.drawing import entry, write_annotation, write_tiny_dataset

SQUARE = [[1, 1], [5, 1], [5, 5], [1, 5]]


def write(folder: Path, *entries: Any, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"annotations": list(entries)}), encoding="utf-8")
    return path


def load(path: Path, *, height: int = 100, width: int = 100) -> Any:
    return annotations.load(path, height=height, width=width)


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


@pytest.mark.parametrize("point", [[-2.1, 5], [202, 5], [5, 303], [5, -4], [2500, 2500]])
def test_points_farther_outside_are_refused(tmp_path: Path, point: list[float]) -> None:
    path = write(tmp_path, entry("Ulna", [[5, 5], [9, 5], point]))
    with pytest.raises(BadInput, match="Ulna: points outside the image .* 200 x 300 image"):
        load(path, height=300, width=200)


def test_one_pixel_outside_is_moved_in_an_image_of_any_size(tmp_path: Path) -> None:
    path = write(tmp_path, entry("Ulna", [[0, 0], [10, 0], [10, 10]]))
    assert load(path, height=10, width=10)[28][0].tolist() == [[0, 0], [9, 0], [9, 9]]


def test_fractions_are_rounded(tmp_path: Path) -> None:
    path = write(tmp_path, entry("Ulna", [[1.4, 1.6], [5.0, 1], [5, 4.9]]))
    assert load(path)[28][0].tolist() == [[1, 2], [5, 1], [5, 5]]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("[[NaN, 1], [5, 1], [5, 5]]", r"NaN or infinite coordinates \(point 0: \[nan, 1\]\)"),
        ("[[1, 1], [Infinity, 1], [5, 5]]", "NaN or infinite coordinates"),
        ("[[1, 1], [1e999, 1], [5, 5]]", "NaN or infinite coordinates"),
        (f"[[1, 1], [{10**400}, 1], [5, 5]]", "coordinates too large"),
        (f"[[1, 1], [{10**30}, 1], [5, 5]]", "points outside the image"),
        ("[[1, 1], [5, 1]]", r"fewer than 3 points \(2\)"),
        ("[]", r"fewer than 3 points \(0\)"),
        ("[[1, 1], [1, 1], [5, 5], [1, 1]]", "fewer than 3 different points"),
        ("[[1, 1], [5, 1], [5]]", r"points that are not \[x, y\] \(point 2: \[5\]\)"),
        ("[[1, 1], [5, 1], [5, 5, 5]]", r"points that are not \[x, y\]"),
        ("[[1, 1], [5, 1], 7]", r"points that are not \[x, y\] \(point 2: 7\)"),
        ('[[1, 1], [5, 1], ["5", 5]]', r"coordinates that are not numbers \(point 2: \['5', 5\]\)"),
        ("[[1, 1], [5, 1], [null, 5]]", "coordinates that are not numbers"),
        ("[[1, 1], [5, 1], [true, 5]]", "coordinates that are not numbers"),
        ("[[1, 1], [5, 1], [[5], [5]]]", "coordinates that are not numbers"),
        ("null", r"no list of points \(None\)"),
        ('"[[1, 1]]"', "no list of points"),
        (str([[1, 1]] * 10_001), "more than 10000 points"),
    ],
)
def test_polygons_that_cannot_be_right_are_refused(
    tmp_path: Path, points: str, message: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'{{"annotations": [{{"label": "Ulna", "points": {points}}}]}}')
    with pytest.raises(BadInput, match=message) as refusal:
        load(path)
    assert str(refusal.value).startswith(f"{path}: Ulna: ")
    assert len(str(refusal.value)) < len(str(path)) + 400


@pytest.mark.parametrize(
    ("label", "nearest"),
    [
        ("Finger-3", "finger-3"),
        ("finger-3 ", "finger-3"),
        ("finger 3", "finger-3"),
        ("trapezium", "Trapezium"),
        ("TRAPEZOID", "Trapezoid"),
        ("Pisifrom", "Pisiform"),
        ("", "Ulna"),
    ],
)
def test_an_unknown_bone_gets_the_nearest_name(tmp_path: Path, label: str, nearest: str) -> None:
    with pytest.raises(BadInput) as refusal:
        load(write(tmp_path, entry(label, SQUARE)))
    assert f"unknown bone ({label!r}); name it " in str(refusal.value)
    if label:
        assert str(refusal.value).endswith(f"name it {nearest}")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"label": "Ulna"}, "no entry with 'label' and 'points'"),
        ({"points": SQUARE}, "no entry with 'label' and 'points'"),
        ("Ulna", "no entry with 'label' and 'points'"),
        (None, "no entry with 'label' and 'points'"),
        ({"label": 3, "points": SQUARE}, r"unknown bone \(3\)"),
        ({"label": None, "points": SQUARE}, "unknown bone"),
        ({"label": ["Ulna"], "points": SQUARE}, "unknown bone"),
        ({"label": "Ulna", "points": SQUARE, "type": "rectangle"}, "no polygon"),
        ({"label": "Ulna", "points": SQUARE, "type": {}}, "no polygon"),
    ],
)
def test_entries_of_another_form_are_refused(tmp_path: Path, found: Any, message: str) -> None:
    with pytest.raises(BadInput, match=rf"annotations\[0\]: {message}"):
        load(write(tmp_path, found))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b'{"annotations": [', "no JSON"),
        (b"\xff\xfe{\x00", "no JSON"),
        (b'\xef\xbb\xbf{"annotations": []}', "begins with a byte-order mark"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"annotations": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[]", r"no list 'annotations' \(got NoneType\)"),
        (b'{"annotations": {}}', r"no list 'annotations' \(got dict\)"),
        (b'{"annotation": []}', "no list 'annotations'"),
        (b'{"annotations": []}', "empty list 'annotations'"),
    ],
)
def test_files_that_are_no_annotation_are_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"{re.escape(str(path))}: {message}"):
        load(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(annotation_entries.MAX_BYTES + 1)
    with pytest.raises(BadInput, match="too large .16000001 bytes."):
        load(path)


def test_a_file_that_is_not_there_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"a\.json: not found"):
        load(tmp_path / "a.json")


def test_every_fault_of_a_file_is_listed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        entry("finger-1", [[1, 1]]),
        entry("finger-2", SQUARE),
        entry("finger-0", SQUARE),
        entry("Radius", [[1, 1], [5, 5], [999, 5]]),
    )
    with pytest.raises(BadInput) as refusal:
        load(path)
    text = str(refusal.value)
    assert "finger-1: fewer than 3 points (1)" in text
    assert "annotations[2]: unknown bone ('finger-0')" in text
    assert "Radius: points outside the image" in text
    found = annotations.examine(path, height=100, width=100)
    assert list(found.polygons) == [1]
    assert found.named == {0, 1, 27}


def test_bones_without_polygon_are_named_together(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    (fault,) = annotations.missing(path, set(range(29)) - {0, 26})
    assert (fault.fault, fault.value) == ("bones missing", "finger-1, Pisiform")
    assert annotations.missing(path, range(29)) == []


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["label", "points", "annotations", "type"]), inner)
    ),
    max_leaves=12,
)
entries = st.fixed_dictionaries(
    {"label": st.sampled_from([*bones.NAMES, "x"]) | json_values, "points": json_values}
)


@given(
    st.one_of(
        json_values,
        st.fixed_dictionaries({"annotations": st.lists(entries | json_values, max_size=3)}),
    )
)
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    try:
        found = load(path, height=50, width=60)
    except BadInput:
        return
    for polygons in found.values():
        for points in polygons:
            assert points.min() >= 0
            assert (points < [60, 50]).all()
