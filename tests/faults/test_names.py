"""The row of names that a spreadsheet would run."""

from pathlib import Path

import pytest

from tests.faults import arrow, masks, spoiled
from tests.faults.command import handseg
from tests.faults.fold_tables import split_refused
from tests.faults.spoiled import Told
from tests.faults.test_votes import planes

NAMES = ["=1+2.png", "+a.png", "-a.png", "@sum.png", "a b.png", "a,b.png"]


@pytest.mark.fault(56)
def test_row_56_names_of_images_and_people_are_held_to_a_list(
    data: Path, done: Path, told: Told
) -> None:
    said = []
    for image, name in zip(spoiled.images(data), NAMES, strict=False):
        spoiled.annotation(image).rename(spoiled.annotation(image).with_name(f"{name[:-4]}.json"))
        said.append(f"{image.rename(image.with_name(name))}: refused name ('{name}'); rename it")
    person = data / "test" / "DCM" / "ID005"
    moved = person.rename(person.with_name("=cmd"))
    said.append(f"{moved}: refused name ('=cmd'); rename it; letters, digits, '.', '_' and '-'")
    spoiled.data_refused(data, done / "folds.csv", *said)
    split_refused(data, *said)
    told(f"{' '.join(NAMES)}, and a person =cmd: exit 2 by check, split, preprocess and run")


@pytest.mark.fault(56)
def test_row_56_no_such_name_reaches_a_csv(tmp_path: Path, told: Told) -> None:
    for number, name in enumerate(["=1+2.png", "-a.png", "@sum.png"]):
        store = arrow.store(tmp_path / f"store{number}", {name: planes(1)})
        words = ["ensemble", "--stores", store, "--weights", 1]
        says = [store, f"(image {name!r}, which no image can be called)", "make the store again"]
        spoiled.refused(*words, out=tmp_path / "new.csv", says=says)
    told("in a store: exit 2 by ensemble, and no CSV stands there")


@pytest.mark.fault(56)
def test_row_56_such_a_name_in_a_csv_is_refused(hands: Path, run: Path, told: Told) -> None:
    csv = run / "submission.csv"
    name = masks.read(csv)[0][0]
    csv.write_text(csv.read_text().replace(name, "=1+2.png"))
    refused = "refused name (=1+2.png); rename the image; letters, digits"
    handseg("validate", "--data", hands, "--submission", csv).must(2, refused, "image left out")
    handseg("score", "--truth", hands, "--submission", csv).must(2, "no truth for", "=1+2.png")
    told("in a CSV: exit 2 by validate and score")
