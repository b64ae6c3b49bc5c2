"""A fold table, its SHA-256 made to match, so that what it says counts."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from handseg.folds import FoldRow, FoldTable
from tests.fuzz.changes import text
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_NAME = "folds.csv"
_WORDS = (
    b"fold",
    b"image_name,person,fold\n",
    b"a.png,ID1,0\n",
    b",ID1,",
    b'""',
    b"3000000000",
    b"00",
)


def corpus() -> list[bytes]:
    """Tables of one to three folds."""
    tables = [
        [FoldRow(f"image{n}.png", f"ID{n // 2}", n // 2 % folds) for n in range(count)]
        for folds, count in ((1, 1), (2, 4), (3, 6))
    ]
    return [FoldTable(tuple(rows)).to_text().encode() for rows in tables]


def read(content: bytes, folder: Path) -> None:
    """Read it: what is taken is a table that holds together, and written again as it was."""
    path = folder / _NAME
    path.write_bytes(content)
    sums = f"{hashlib.sha256(content).hexdigest()}  {_NAME}\n"
    path.with_name(f"{_NAME}.sha256").write_text(sums, encoding="ascii")
    table = FoldTable.read(path)
    again = FoldTable(tuple(FoldRow(*row) for row in _rows(table.to_text())))
    must(again == table, "written again, it differs")
    held_out = [name for fold in range(table.count) for name in table.held_out(fold)]
    must(sorted(held_out) == sorted(row.image_name for row in table.rows), "not all held out once")
    people: dict[str, int] = {}
    for row in table.rows:
        must(people.setdefault(row.person, row.fold) == row.fold, "a person in two folds")
        must(row.person.isprintable() and row.image_name.isprintable(), "an unprintable name")


def _rows(text: str) -> Iterator[tuple[str, str, int]]:
    for line in text.splitlines()[1:]:
        image_name, person, fold = line.split(",")
        yield image_name, person, int(fold)


def change(content: bytes, dice: Dice) -> bytes:
    """Change lines and fields."""
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=_NAME)
