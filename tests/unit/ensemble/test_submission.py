from pathlib import Path

import numpy as np
import pytest

from handseg import bones
from handseg.dataset.fault import Fault
from handseg.ensemble import submission
from handseg.ensemble.submission import Row
from handseg.errors import BadInput, MissingInput
from handseg.masks import rle

NOTHING = [rle.empty()] * 29


def full_text(images: list[str]) -> str:
    rows = [f"{image},{bone},1 2\n" for image in images for bone in bones.NAMES]
    return "image_name,class,rle\n" + "".join(rows)


def test_the_file_is_the_competitions_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    first = [np.array([[0, 3], [7, 8]]), *NOTHING[1:]]
    submission.write(path, iter([("b_R.png", first), ("a.png", NOTHING)]))
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b"image_name,class,rle"
    assert lines[1] == b"b_R.png,finger-1,1 3 8 1"
    assert lines[2] == b"b_R.png,finger-2,"
    assert lines[29] == b"b_R.png,Ulna,"
    assert lines[30] == b"a.png,finger-1,"
    assert lines[59:] == [b""]
    assert len(lines) == 60


def test_reading_gives_the_texts_in_official_order(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    submission.write(path, [("b.png", [np.array([[0, 3]]), *NOTHING[1:]]), ("a.png", NOTHING)])
    found = submission.read(path)
    assert list(found) == ["b.png", "a.png"]
    assert found["b.png"] == ["1 3"] + [""] * 28


def test_rows_in_another_order_and_dos_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    header, *rows = full_text(["a.png"]).splitlines()
    path.write_bytes("\r\n".join([header, *reversed(rows)]).encode())
    assert submission.read(path) == {"a.png": ["1 2"] * 29}


@pytest.mark.parametrize(
    "name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "a,b.png", 'a".png', "../a.png", "ä.png", ""]
)
def test_a_name_that_a_spreadsheet_would_run_or_misread_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadInput, match="refused as a name in a CSV"):
        submission.write(tmp_path / "submission.csv", [(name, NOTHING)])


@pytest.mark.parametrize("name", ["image1661130828152_R.png", "a-b.c_d.png", "0.png", "_.png"])
def test_the_data_sets_names_are_written(tmp_path: Path, name: str) -> None:
    submission.write(tmp_path / "submission.csv", [(name, NOTHING)])
    assert list(submission.read(tmp_path / "submission.csv")) == [name]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("image_name,class,rle", "image,class,rle", r"csv:1: wrong header \(image,class,rle\)"),
        ("a.png,Radius,", "a.png,radius,", r"csv:29: unknown class 'radius'.*Radius"),
        ("a.png,Radius,", "a.png,Ulna,", r"csv:30: Ulna of a\.png twice"),
        ("a.png,Radius,1 2\n", "", r"a\.png has no row for Radius"),
        ("a.png,Radius,1 2", "a.png,Radius", r"csv:29: not a row \(a\.png,Radius\)"),
        ("a.png,Radius,1 2", "a.png,Radius,1,2", r"csv:29: not a row"),
        ("a.png,Radius,1 2", "ä.png,Radius,1 2", r"csv:29: not a row \(not plain ASCII\)"),
        ("a.png,Radius,1 2", "a.png,Radius\x1b[2J,1 2", r"csv:29: not a row \(not plain ASCII\)"),
    ],
)
def test_a_fault_of_form_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "submission.csv"
    text = full_text(["a.png"])
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(BadInput, match=message):
        submission.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"none\.csv: not found"):
        submission.read(tmp_path / "none.csv")


def test_an_empty_file_has_a_wrong_header(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.touch()
    with pytest.raises(BadInput, match="wrong header"):
        submission.read(path)


def test_scanning_goes_on_after_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("a,b,c\nx\na.png,Ulna,\n")
    wrong_header, not_a_row, row = submission.scan(path)
    assert isinstance(wrong_header, Fault)
    assert isinstance(not_a_row, Fault)
    assert not_a_row.path == f"{path}:2"
    assert row == Row(3, "a.png", "Ulna", "")


def test_a_long_line_is_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("x" * 1000)
    (fault,) = submission.scan(path)
    assert isinstance(fault, Fault)
    assert len(fault.value) < 100
