"""Annotation files that cannot be right are refused, with the place, the value and the remedy."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg import bones
from handseg.dataset import annotation_entries, annotations
from handseg.errors import BadInput, MissingInput
from tests.drawing import entry
from tests.unit.dataset.made_annotation import SQUARE, load, write


@pytest.mark.parametrize("point", [[-2.1, 5], [202, 5], [5, 303], [5, -4], [2500, 2500]])
def test_points_farther_outside_are_refused(tmp_path: Path, point: list[float]) -> None:
    path = write(tmp_path, entry("Ulna", [[5, 5], [9, 5], point]))
    with pytest.raises(BadInput, match="Ulna: points outside the image .* 200 x 300 image"):
        load(path, height=300, width=200)


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
    ],
)
def test_an_unknown_bone_gets_the_nearest_name(tmp_path: Path, label: str, nearest: str) -> None:
    with pytest.raises(BadInput) as refusal:
        load(write(tmp_path, entry(label, SQUARE)))
    assert str(refusal.value).endswith(f"unknown bone ({label!r}); name it {nearest}")


@pytest.mark.parametrize("label", ["", "Talus", "Calcaneus", "Navicular"])
def test_a_bone_of_another_list_is_not_taken_for_a_slip(tmp_path: Path, label: str) -> None:
    with pytest.raises(BadInput, match="name one of the list, or name other bones by HANDSEG_BONE"):
        load(write(tmp_path, entry(label, SQUARE)))


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


def test_polygons_by_the_million_are_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"annotations": [' + "[]," * 1_000_000 + "[]]}")
    with pytest.raises(BadInput, match=r"more than 1000 polygons \(1000001\); give the ann"):
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
