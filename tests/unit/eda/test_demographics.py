from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from handseg.eda import demographics
from handseg.errors import BadInput


def sheet(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = Workbook()
    page = book.worksheets[0]
    for row in rows:
        page.append(list(row))
    book.save(path)
    return path


def test_what_the_sheet_tells_of_the_people(tmp_path: Path) -> None:
    path = sheet(
        tmp_path / "meta_data.xlsx",
        [
            ("ID", "나이", "성별", "체중(몸무게)", "키(신장)", None),
            (1, 31, "여", 52, 160, None),
            (2, 45, "_남", 80, 181, "a note"),
            (3, "?", "F", None, 170, None),
            (99, 20, "M", 70, 175, None),
        ],
    )
    found = demographics.read(path, {"ID001", "ID002", "ID003", "ID004"})
    assert (found.people, found.unknown) == (3, 1)
    assert found.sexes == {"female": 2, "male": 1}
    assert (found.ages, found.heights_cm, found.weights_kg) == ([31, 45], [160, 181, 170], [52, 80])
    assert found.unreadable == 1


def test_a_sheet_without_ids_is_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path / "meta_data.xlsx", [("age", "sex"), (3, "f")])
    with pytest.raises(BadInput, match=r"meta_data.xlsx: no column ID"):
        demographics.read(path, {"1"})


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "meta_data.xlsx"
    path.write_text("age,sex")
    with pytest.raises(BadInput, match="no readable workbook"):
        demographics.read(path, {"1"})
