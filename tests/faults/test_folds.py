"""Rows of people and fold tables."""

from pathlib import Path

import pytest

from tests.faults import masks, spoiled
from tests.faults.command import handseg
from tests.faults.fold_tables import (
    TRAIN,
    rewrite,
    split_refused,
    table_refused,
    training_refused,
)
from tests.faults.spoiled import Told


@pytest.mark.fault(34)
def test_row_34_a_person_in_two_folds_is_refused(hands: Path, run: Path, told: Told) -> None:
    def move(rows: list[list[str]]) -> None:
        rows[0][2] = str(1 - int(rows[0][2]))

    rewrite(run / "folds.csv", move)
    said = f"{run / 'folds.csv'}: person ID001 is in folds"
    table_refused(run, hands, said, "of the fold table; split again")
    told("in a table with a right SHA-256: exit 2 by preprocess, train and infer, the person named")


@pytest.mark.fault(34)
def test_row_34_a_person_under_two_names_is_refused(hands: Path, run: Path, told: Told) -> None:
    def hide(rows: list[list[str]]) -> None:
        rows[0][1:] = ["ID999", str(1 - int(rows[0][2]))]

    rewrite(run / "folds.csv", hide)
    name, under = spoiled.images(hands)[0].name, "1 images under another person than in the"
    out = run.parent / "new"
    words = ("preprocess", "--data", hands, "--folds", run / "folds.csv")
    spoiled.refused(*words, out=out, says=[f"{under} data: {name}; give the fold table of"])
    training_refused(run, f"fold table: {under} cache {run / 'cache'}: {name}; give the fold")
    told("hidden under another id: exit 2 by preprocess and train, which know the image's person")


@pytest.mark.fault(34)
def test_row_34_split_leaves_every_person_in_one_fold(done: Path, told: Told) -> None:
    _, *lines = (done / "folds.csv").read_text().splitlines()
    folds: dict[str, set[str]] = {}
    for line in lines:
        folds.setdefault(line.split(",")[1], set()).add(line.split(",")[2])
    assert len(folds) == 4
    assert all(len(found) == 1 for found in folds.values())
    told("split's own table has each of 4 people in one fold")


@pytest.mark.fault(37)
def test_row_37_a_table_edited_by_hand_is_refused_by_all(
    hands: Path, run: Path, told: Told
) -> None:
    def swap(rows: list[list[str]]) -> None:
        for row in rows:
            row[2] = str(1 - int(row[2]))

    rewrite(run / "folds.csv", swap, sums=False)
    table = run / "folds.csv"
    table_refused(
        run, hands, f"{table}: changed since it was written; split again into another file"
    )
    members = ("--members", run / "members/fold0", run / "members/fold1")
    stores = ("--stores", run / "stores/fold0/oof", run / "stores/fold1/oof")
    made = ("--cache", run / "cache", "--folds", table, *members, *stores)
    spoiled.refused("select", *made, out=run.parent / "new", says=[table])
    csv = ("--submission", run / "submission.csv")
    spoiled.refused("report", *made, *csv, out=run.parent / "new", says=[table, "SHA-256"])
    told("exit 2 by preprocess, train, infer, select and report: changed since it was written")


def _bytes_and_time(path: Path) -> tuple[bytes, int]:
    return path.read_bytes(), path.stat().st_mtime_ns


@pytest.mark.fault(36)
def test_row_36_a_missing_id_and_too_few_people_are_named(
    data: Path, done: Path, told: Told
) -> None:
    words = ("4 people cannot make 5 folds; lower folds or add people",)
    split_refused(data, *words, folds=5)
    image = spoiled.images(data)[0]
    moved = image.rename(image.parents[1] / image.name)
    said = (f"{moved}: not in a person's folder ({image.name}); put it into a folder named",)
    spoiled.data_refused(data, done / "folds.csv", *said)
    split_refused(data, *said)
    told(f"an image in no person's folder: exit 2, named; 4 people in 5 folds: exit 2: {words[0]}")


@pytest.mark.fault(36)
def test_row_36_a_fold_table_is_written_once(data: Path, tmp_path: Path, told: Told) -> None:
    # Numbers would be sorted otherwise than text: 2 before 10.
    ids = {"ID001": "10", "ID002": "2", "ID003": "9", "ID004": "009"}
    for folder in sorted((data / "train").glob("*/ID*")):
        folder.rename(folder.with_name(ids[folder.name]))
    table, words = tmp_path / "folds.csv", ("split", "--data", data, "--settings.folds", 2)
    handseg(*words, "--out", table).must(0)
    _, *rows = table.read_text().splitlines()
    assert {row.split(",")[1] for row in rows} == set(ids.values())
    before = _bytes_and_time(table)
    handseg(*words, "--out", table).must(0, "is complete: nothing to do")
    for kind in ("DCM", "outputs_json"):
        (data / "train" / kind / "009").rename(data / "train" / kind / "10000")
    handseg(*words, "--out", table).must(2, "folds.csv: was made otherwise", "parents.train_part:")
    assert _bytes_and_time(table) == before
    told(
        "split again: exit 0, not a byte written; of other people: exit 2 and the difference; ids "
        "such as 9 and 009 are text, and two people"
    )


@pytest.mark.fault(36)
def test_row_36_a_training_holds_out_what_the_table_says(run: Path, told: Told) -> None:
    held_out: dict[str, set[str]] = {"0": set(), "1": set()}

    def swap(rows: list[list[str]]) -> None:
        for row in rows:
            row[2] = str(1 - int(row[2]))
            held_out[row[2]].add(row[0])

    rewrite(run / "folds.csv", swap)
    words = ("train", "--cache", run / "cache", "--folds", run / "folds.csv", "--fold", "0")
    handseg(*words, *TRAIN, "--out", run.parent / "new").must(0)
    csv = run.parent / "new.csv"
    store = run.parent / "new.oof"
    handseg("ensemble", "--stores", store, "--weights", "1", "--out", csv).must(0)
    assert {name for name, _, _ in masks.read(csv)} == held_out["0"]
    assert len(held_out["0"]) == len(held_out["1"]) == 4
    told("a table of one's own, folds exchanged: the member holds out the table's fold 0 to a name")
