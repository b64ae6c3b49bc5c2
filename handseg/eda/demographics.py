"""Age, sex, height and weight of the people, from the competition's meta_data.xlsx.

The sheet's first row names the columns, in English or Korean; sex is spelt in many ways. What
cannot be read is counted, not guessed.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from handseg.errors import BadInput

FILE_NAME = "meta_data.xlsx"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "person": ("id", "person", "patient", "환자"),
    "age": ("age", "나이"),
    "sex": ("sex", "gender", "성별"),
    "height": ("height", "신장", "키"),
    "weight": ("weight", "체중", "몸무게"),
}
"""What a column's name begins with."""
_SEXES: Mapping[str, str] = {
    "f": "female", "female": "female", "woman": "female", "w": "female", "여": "female",
    "여자": "female", "여성": "female",
    "m": "male", "male": "male", "man": "male", "남": "male", "남자": "male", "남성": "male",
}  # fmt: skip
_MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class Demographics:
    """The people of the data set, as far as the sheet tells."""

    people: int
    """Of the data set that the sheet knows."""
    unknown: int
    """Of the data set that it does not."""
    sexes: dict[str, int] = field(default_factory=dict)
    ages: list[float] = field(default_factory=list)
    heights_cm: list[float] = field(default_factory=list)
    weights_kg: list[float] = field(default_factory=list)
    unreadable: int = 0
    """Cells with something else than expected."""


def read(path: Path, people: Collection[str]) -> Demographics:
    """Read the sheet.

    Args:
        path: the .xlsx file.
        people: of the data set; other rows are passed over.

    Raises:
        BadInput: it is no workbook, or has no column of people's ids.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [tuple(row) for row in sheet.iter_rows(values_only=True, max_row=_MOST_ROWS)]
        book.close()
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError, IndexError) as error:
        raise BadInput(f"{path}: no readable workbook ({error}); save it as .xlsx again") from error
    columns = _columns(rows[0] if rows else ())
    if "person" not in columns:
        raise BadInput(f"{path}: no column ID in its first row; name the column of people's ids ID")
    wanted = {_key(person): person for person in people}
    known = {_key(row[columns["person"]]): row for row in rows[1:]}
    return _gathered([row for key, row in known.items() if key in wanted], columns, len(wanted))


def _columns(header: Sequence[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, cell in enumerate(header):
        text = str(cell or "").strip().lower()
        for name, begins in _COLUMNS.items():
            if text.startswith(begins):
                found.setdefault(name, index)
    return found


def _key(person: object) -> str:
    """A person's id without its letters and zeros in front: ID001, 1 and 1.0 are one person."""
    text = str(person).strip()
    number = re.fullmatch(r"(?:ID)?0*(\d+)(?:\.0)?", text, re.IGNORECASE)
    return number[1] if number else text


def _gathered(
    rows: Sequence[Sequence[object]], columns: Mapping[str, int], people: int
) -> Demographics:
    numbers: dict[str, list[float]] = {"age": [], "height": [], "weight": []}
    sexes: Counter[str] = Counter()
    unreadable = 0
    for row in rows:
        for name, values in numbers.items():
            cell = row[columns[name]] if name in columns else None
            if isinstance(cell, int | float):
                values.append(float(cell))
            else:
                unreadable += cell is not None
        if "sex" in columns:
            spelt = str(row[columns["sex"]] or "").strip(" _.").lower()
            sexes[_SEXES.get(spelt, "not told")] += 1
            unreadable += bool(spelt) and spelt not in _SEXES
    return Demographics(
        people=len(rows),
        unknown=people - len(rows),
        sexes=dict(sexes),
        ages=numbers["age"],
        heights_cm=numbers["height"],
        weights_kg=numbers["weight"],
        unreadable=unreadable,
    )
