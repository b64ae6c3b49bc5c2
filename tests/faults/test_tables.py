"""Rows of names and pairs, and of the same pixels twice."""

import shutil
from pathlib import Path

import cv2
import pytest

from tests.faults import spoiled
from tests.faults.command import handseg
from tests.faults.fold_tables import rewrite, split_refused, table_refused
from tests.faults.spoiled import Told


@pytest.mark.fault(32)
def test_row_32_an_image_name_twice_is_listed(data: Path, done: Path, told: Told) -> None:
    first, other = spoiled.images(data)[0], spoiled.images(data, "test")[0]
    twin = other.with_name(first.name)
    other.rename(twin)
    said = (twin, "image name twice", f"also {first}", "rename one of them")
    ended = spoiled.data_refused(data, done / "folds.csv", *said)
    split_refused(data, *said)
    told(f"in two folders: exit 2: {ended.said.splitlines()[0].replace(f'{data}/', '')}")


@pytest.mark.fault(32)
def test_row_32_a_name_twice_in_table_or_submission_is_named(
    hands: Path, run: Path, told: Told
) -> None:
    rewrite(run / "folds.csv", lambda rows: rows.append(rows[0]))
    name = spoiled.images(hands)[0].name
    table_refused(
        run, hands, f"{run / 'folds.csv'}: image {name} is twice in the fold table; split again"
    )
    csv = run / "submission.csv"
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([*lines, lines[1], ""]))
    image, bone, _ = lines[1].split(",")
    last = f"{csv}:{len(lines) + 1}: row twice ({image} {bone}); keep one of this and line 2"
    handseg("validate", "--data", hands, "--submission", csv).must(2, last)
    twice = f"{csv}:{len(lines) + 1}: {bone} of {image} twice; leave one row"
    handseg("score", "--truth", hands, "--submission", csv).must(2, twice)
    told("in a fold table: exit 2 by preprocess, train and infer; in a CSV: by validate and score")


@pytest.mark.fault(33)
def test_row_33_images_and_annotations_without_each_other_are_listed(
    data: Path, done: Path, told: Told
) -> None:
    alone, orphan = spoiled.images(data)[:2]
    spoiled.annotation(alone).unlink()
    orphan.unlink()
    said = (
        f"{alone}: image without annotation ({alone.name}); add train/outputs_json/",
        f"{spoiled.annotation(orphan)}: annotation without image ({orphan.stem}.json); add train/",
    )
    spoiled.data_refused(data, done / "folds.csv", *said)
    split_refused(data, *said)
    told("exit 2 by check, split, preprocess and run; both are listed with what to add or remove")


def _same_pixels_as(image: Path, level: int) -> bytes:
    pixels = cv2.imread(str(image), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    flags = [cv2.IMWRITE_PNG_COMPRESSION, level]
    content: bytes = cv2.imencode(".png", pixels, flags)[1].tobytes()
    return content


@pytest.mark.fault(35)
def test_row_35_the_same_pixels_under_two_people_are_refused(
    data: Path, done: Path, told: Told
) -> None:
    found = spoiled.images(data)
    first, other = found[0], next(image for image in found if image.parent != found[0].parent)
    other.write_bytes(_same_pixels_as(first, level=0))
    assert first.read_bytes() != other.read_bytes()
    said = (f"{other}: same pixels under two people (as {first}); remove one, or put both",)
    spoiled.data_refused(data, done / "folds.csv", *said)
    shutil.copy(first, other)
    split_refused(data, *said)
    told(
        "in PNGs of other bytes: exit 2 by check, preprocess and run, both named; in equal files "
        "by split as well"
    )


@pytest.mark.fault(35)
def test_row_35_the_same_pixels_of_one_person_are_reported(
    data: Path, done: Path, told: Told
) -> None:
    first, other = spoiled.images(data)[:2]
    assert first.parent == other.parent
    other.write_bytes(_same_pixels_as(first, level=0))
    handseg("check", data).must(0, f"{other}: same pixels twice (as {first}); nothing to do if")
    out = data.parent / "cache"
    handseg("preprocess", "--data", data, "--folds", done / "folds.csv", "--out", out).must(0)
    told("of one person, who is one group: exit 0, said by check")
