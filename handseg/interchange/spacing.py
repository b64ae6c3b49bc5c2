"""How many millimetres a pixel is, image by image: pixel_spacing.csv of a part of the data."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from handseg import plain_text
from handseg.errors import BadInput, shown, told

FILE_NAME = "pixel_spacing.csv"
HEADER = ("image_name", "row_mm", "column_mm", "from")

Spacing = tuple[float, float]
"""Distance of neighbouring rows and of neighbouring columns, in mm."""


def write(path: Path, rows: Mapping[str, tuple[Spacing, str]]) -> None:
    """Write the file: image name -> spacing, and which entry told it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for name, ((row, column), source) in sorted(rows.items()):
            writer.writerow((name, repr(row), repr(column), source))


def read(path: Path) -> dict[str, Spacing]:
    """Read what `write` wrote, by image name; nothing where there is no file.

    Raises:
        BadInput: names the first line that is of another form.
    """
    if not path.is_file():
        return {}
    text = plain_text.read(path, remedy="save it as UTF-8")
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise BadInput(f"{path}: no CSV ({told(error)}); write it as a CSV") from error
    if not lines or tuple(lines[0]) != HEADER:
        raise BadInput(f"{path}: its header is not {','.join(HEADER)}; write it so")
    found = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            name, row, column, _ = line
            found[name] = float(row), float(column)
        except ValueError as error:
            fault = f"{path}:{number}: {shown(','.join(line))}"
            raise BadInput(f"{fault}; give name, mm, mm, from") from error
        if not all(math.isfinite(value) and value > 0 for value in found[name]):
            fault = f"{path}:{number}: {shown(','.join(line))}"
            raise BadInput(f"{fault}; distances are above 0 mm")
    return found
