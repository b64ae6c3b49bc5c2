"""Fold tables changed on purpose, and the stages that must refuse them."""

from collections.abc import Callable
from pathlib import Path

from tests.faults import spoiled

TRAIN = ("--settings.model.name", "unet", "--settings.model.filters", "[4, 6, 8]",
         "--settings.model.input_px", "32", "--settings.model.output_px", "32",
         "--settings.length", "2", "--settings.unit", "steps", "--settings.batch_size", "2",
         "--settings.threads", "1", "--settings.workers", "0")  # fmt: skip


def training_refused(run: Path, *says: object) -> None:
    """`train` must refuse a run's fold table and cache, and write nothing."""
    words = ("train", "--cache", run / "cache", "--folds", run / "folds.csv", "--fold", "0")
    spoiled.refused(*words, *TRAIN, out=run.parent / "new", says=says)


def inference_refused(run: Path, *says: object) -> None:
    """`infer` of the held-out fold must refuse a run's fold table."""
    words = ("infer", "--checkpoint", run / "members/fold0", "--cache", run / "cache")
    more = ("--folds", run / "folds.csv", "--part", "oof")
    spoiled.refused(*words, *more, out=run.parent / "new", says=says)


def table_refused(run: Path, hands: Path, *says: object) -> None:
    """`preprocess` and `train` must refuse a fold table in the same words; `infer`, as another."""
    table = run / "folds.csv"
    words = ("preprocess", "--data", hands, "--folds", table)
    spoiled.refused(*words, out=run.parent / "new", says=says)
    training_refused(run, *says)
    other = f"{table}: is not the fold table that member fold0 was trained with"
    inference_refused(run, other, "give that one, or train again")


def rewrite(table: Path, change: Callable[[list[list[str]]], object], *, sums: bool = True) -> None:
    """Change the rows of a fold table in place, with its SHA-256 or without."""
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    change(rows)
    table.write_text("\n".join([header, *(",".join(row) for row in rows), ""]), encoding="utf-8")
    if sums:
        spoiled.resum(table)


def split_refused(data: Path, *says: object, folds: int = 2) -> None:
    """`split` must refuse a data folder."""
    words = ("split", "--data", data, "--settings.folds", folds)
    spoiled.refused(*words, out=data.parent / "folds.csv", says=says)
