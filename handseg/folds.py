"""People split into folds, and the fold table that fixes the split for every later stage."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sklearn.model_selection import GroupKFold

from handseg.dataset.layout import is_safe
from handseg.errors import BadInput, MissingInput, shown, told

HEADER = ("image_name", "person", "fold")
_NAMED = 10
_FOLD = re.compile(r"0|[1-9][0-9]{0,2}")
"""Of no more than settings allow."""


@dataclass(frozen=True)
class FoldRow:
    """One image of the fold table."""

    image_name: str
    person: str
    fold: int


@dataclass(frozen=True)
class FoldTable:
    """Which fold holds which image out.

    Raises:
        BadInput: an image twice, a person in two folds, or folds that are not 0 to K - 1.
    """

    rows: tuple[FoldRow, ...]

    def __post_init__(self) -> None:
        names: set[str] = set()
        folds: dict[str, int] = {}
        for row in self.rows:
            if row.image_name in names:
                raise BadInput(f"image {row.image_name} is twice in the fold table; split again")
            names.add(row.image_name)
            if folds.setdefault(row.person, row.fold) != row.fold:
                raise BadInput(
                    f"person {row.person} is in folds {folds[row.person]} and {row.fold} of the "
                    "fold table; split again"
                )
        if set(folds.values()) != set(range(self.count)):
            found = shown(sorted(set(folds.values())))
            raise BadInput(f"folds of the fold table are {found}, not 0 to K - 1; split again")

    @property
    def count(self) -> int:
        """Number of folds."""
        return max((row.fold for row in self.rows), default=-1) + 1

    @cached_property
    def _fold_of(self) -> dict[str, int]:
        return {row.image_name: row.fold for row in self.rows}

    def fold_of(self, image_name: str) -> int:
        """The fold that holds an image out."""
        if image_name not in self._fold_of:
            raise BadInput(f"{image_name}: not in the fold table; split again")
        return self._fold_of[image_name]

    def held_out(self, fold: int) -> list[str]:
        """Image names of a fold, in table order."""
        return [row.image_name for row in self.rows if row.fold == fold]

    def training(self, fold: int) -> list[str]:
        """Image names of all other folds, in table order."""
        return [row.image_name for row in self.rows if row.fold != fold]

    def check_fits(self, people: Mapping[str, str], *, source: str, where: str) -> None:
        """Refuse a table of other images or people.

        Args:
            people: the person of each training image, by name.
            source: names the table in errors.
            where: what holds the images: data, or a cache.

        Raises:
            BadInput: lists them.
        """
        listed = {row.image_name: row.person for row in self.rows}
        moved = {n for n in listed.keys() & people.keys() if listed[n] != people[n]}
        for names, fault in (
            (people.keys() - listed.keys(), f"not in the fold table, but in the {where}"),
            (listed.keys() - people.keys(), f"in the fold table, but not in the {where}"),
            (moved, f"under another person than in the {where}"),
        ):
            if names:
                few = ", ".join(sorted(names)[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
                raise BadInput(
                    f"{source}: {len(names)} images {fault}: {few}; give the fold table of this "
                    "data, or split it into another file"
                )

    def renamed(self, name_of: Callable[[str], str]) -> "FoldTable":
        """The same table with people under other names, each of whom must keep one of his own."""
        return FoldTable(tuple(replace(row, person=name_of(row.person)) for row in self.rows))

    def to_text(self) -> str:
        """The table as CSV with a header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((row.image_name, row.person, row.fold) for row in self.rows)
        return text.getvalue()

    def write(self, path: Path) -> None:
        """Write the CSV; its SHA-256 comes with the artifact."""
        path.write_text(self.to_text(), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "FoldTable":
        """Read a fold table whose SHA-256 stands beside it.

        Raises:
            MissingInput: the table or its SHA-256 is missing.
            BadInput: it was changed since `split` wrote it, or is no fold table.
        """
        beside = path.with_name(path.name + ".sha256")
        for needed in (path, beside):
            if not needed.is_file():
                raise MissingInput(f"{needed}: not found; give what `handseg split` wrote")
        content = path.read_bytes()
        if beside.read_bytes().split()[:1] != [hashlib.sha256(content).hexdigest().encode()]:
            raise BadInput(f"{path}: changed since it was written; split again into another file")
        try:
            rows = _parse(content.decode("utf-8"), path)
        except (UnicodeDecodeError, csv.Error) as error:
            raise BadInput(f"{path}: no CSV ({told(error)}); split again") from error
        try:
            return cls(rows)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error


def _parse(text: str, path: Path) -> tuple[FoldRow, ...]:
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or tuple(lines[0]) != HEADER:
        found = told(",".join(lines[0])) if lines else "nothing"
        raise BadInput(f"{path}: header is {found}, expected {','.join(HEADER)}; split again")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        # What `layout` allows, so that no name can leave a folder, or a message.
        if len(line) != len(HEADER) or not all(map(is_safe, line)) or not _FOLD.fullmatch(line[2]):
            raise BadInput(f"{path}: line {number} is {shown(','.join(line))}; split again")
        rows.append(FoldRow(line[0], line[1], int(line[2])))
    if not rows:
        raise BadInput(f"{path}: holds no images; split again")
    return tuple(rows)


def assign_folds(images: Sequence[tuple[str, str]], folds: int) -> FoldTable:
    """Split people into folds of equal image counts, as scikit-learn's GroupKFold does.

    Args:
        images: (image name, person) of every training image, in sorted path order.
        folds: how many.

    Raises:
        BadInput: there are fewer people than folds.
    """
    # as text: GroupKFold gives other folds for the same ids as numbers
    people = [str(person) for _, person in images]
    if len(set(people)) < folds:
        raise BadInput(
            f"{len(set(people))} people cannot make {folds} folds; lower folds or add people"
        )
    fold_of: dict[int, int] = {}
    for fold, (_, held_out) in enumerate(GroupKFold(folds).split(people, groups=people)):
        fold_of.update((int(index), fold) for index in held_out)
    return FoldTable(
        tuple(FoldRow(name, person, fold_of[i]) for i, (name, person) in enumerate(images))
    )
