"""Rows of polygons: what cannot be right is refused by `check`, `preprocess`, `run` and `score`."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handseg import bones
from handseg.images.cache import ImageCache
from tests.faults import masks, spoiled
from tests.faults.command import handseg
from tests.faults.spoiled import Told

SIDE = 160
SHAPE = (SIDE, SIDE)
SQUARE = [[10, 10], [20, 10], [20, 20], [10, 20]]


@pytest.fixture
def image(data: Path) -> Path:
    """The first training image; its annotation is there to be spoiled."""
    return spoiled.images(data)[0]


def refused(data: Path, done: Path, image: Path, *says: str) -> str:
    """All commands that read polygons must refuse them; gives the fault as `check` says it."""
    path = spoiled.annotation(image)
    ended = spoiled.data_refused(data, done / "folds.csv", path, *says)
    nothing = masks.write(data.parent / "any.csv", {image.name: [np.zeros(SHAPE, bool)] * 29})
    handseg("score", "--truth", data, "--submission", nothing).must(2, path, *says)
    (line,) = [x for x in ended.said.splitlines() if str(path) in x and says[0] in x]
    return line.replace(f"{path.parent}/", "")


def cached(data: Path, done: Path, image: Path) -> dict[int, list[Any]]:
    """The polygons of an image as `preprocess` passes them on."""
    out = data.parent / "cache"
    shutil.rmtree(out, ignore_errors=True)
    handseg("preprocess", "--data", data, "--folds", done / "folds.csv", "--out", out).must(0)
    found = ImageCache(out).read(image.name).polygons
    return {c: [points.tolist() for points in shapes] for c, shapes in found.items()}


def dice_of(data: Path, image: Path, bone: str, mask: masks.Mask) -> float:
    """What `score` says of one mask against a bone's truth."""
    found = [np.zeros(SHAPE, bool)] * 29
    found[bones.CLASS_ID[bone]] = mask
    csv = masks.write(data.parent / "scored.csv", {image.name: found})
    return float(masks.score(data, csv)["per_bone"][bone])


@pytest.mark.fault(38)
def test_row_38_a_coordinate_that_is_no_number_is_refused(
    data: Path, done: Path, told: Told
) -> None:
    numbers = ["NaN", "Infinity", "1e999"]
    first, *others = spoiled.images(data)[: len(numbers)]
    for image, number in zip([first, *others], numbers, strict=True):
        path = spoiled.annotation(image)
        spoiled.redraw(path, "Lunate", [[10, 10], [1234567, 10], [20, 20]])
        path.write_text(path.read_text().replace("1234567", number))
    fault = "Lunate: NaN or infinite coordinates (point 1"
    line = refused(data, done, first, fault, "draw the bone again")
    also = [f"{spoiled.annotation(image)}: {fault}" for image in others]
    handseg("check", data).must(2, *also, "3 faults")
    told(f"{', '.join(numbers)} in a polygon: exit 2: {line}")


@pytest.mark.fault(39)
def test_row_39_points_just_outside_are_moved_onto_the_edge(
    data: Path, done: Path, image: Path, told: Told
) -> None:
    # 1 % of 160 px is allowed: 1.6 px beyond the last pixel, 159, or before the first, 0.
    spoiled.redraw(spoiled.annotation(image), "Radius", [[-1.5, 100], [160.5, 100], [80, 160]])
    handseg("check", data).must(0, "Radius: points just outside the image (1.5 px)", "onto the")
    moved = [[0, 100], [159, 100], [80, 159]]
    assert cached(data, done, image)[bones.CLASS_ID["Radius"]] == [moved]
    assert dice_of(data, image, "Radius", masks.drawn(SHAPE, moved)) == 1.0
    told(
        "1.5 px outside of 160 (1 % is allowed): exit 0, said by check; the mask of cache and "
        "score is that of the points moved onto the edge"
    )


@pytest.mark.fault(39)
def test_row_39_points_farther_outside_are_refused(
    data: Path, done: Path, image: Path, told: Told
) -> None:
    spoiled.redraw(spoiled.annotation(image), "Radius", [[0, 100], [161, 100], [80, 150]])
    said = ("Radius: points outside the image (2 px outside the 160 x 160 image)", "give points in")
    fault = refused(data, done, image, *said)
    told(f"2 px outside: exit 2: {fault}")


@pytest.mark.fault(40)
def test_row_40_fewer_than_three_points_are_refused(data: Path, done: Path, told: Told) -> None:
    two, same, none = spoiled.images(data)[:3]
    spoiled.redraw(spoiled.annotation(two), "Lunate", SQUARE[:2])
    spoiled.redraw(spoiled.annotation(same), "Lunate", [*SQUARE[:2], SQUARE[0]])
    spoiled.redraw(spoiled.annotation(none), "Lunate", [])
    line = refused(data, done, two, "Lunate: fewer than 3 points (2)", "draw the bone again")
    handseg("check", data).must(2, "fewer than 3 different points", "points (0)", "3 faults")
    told(f"two points, two different ones of three, and none: exit 2: {line}")


@pytest.mark.fault(41)
def test_row_41_an_empty_list_is_refused(data: Path, done: Path, image: Path, told: Told) -> None:
    spoiled.entries(spoiled.annotation(image), lambda found: found.clear())
    fault = refused(data, done, image, "empty list 'annotations' ([]); annotate the image")
    told(f"exit 2: {fault}")


@pytest.mark.fault(42)
def test_row_42_an_outline_that_crosses_itself_is_reported(
    data: Path, done: Path, image: Path, told: Told
) -> None:
    bow_tie = [[10, 10], [50, 50], [50, 10], [10, 50]]
    spoiled.redraw(spoiled.annotation(image), "Lunate", bow_tie)
    ended = handseg("check", data).must(0, "WARNING", "Lunate: outline crosses itself (at (30, 30)")
    assert cached(data, done, image)[bones.CLASS_ID["Lunate"]] == [bow_tie]
    assert dice_of(data, image, "Lunate", masks.drawn(SHAPE, bow_tie)) == 1.0
    (line,) = [line for line in ended.said.splitlines() if "(at (30, 30)" in line]
    told(f"exit 0, and check says: {line[line.index('Lunate') :]}")


@pytest.mark.fault(43)
def test_row_43_two_polygons_of_a_bone_are_their_union(
    data: Path, done: Path, image: Path, told: Told
) -> None:
    outer = [[40, 40], [100, 40], [100, 100], [40, 100]]
    inner = [[51, 51], [89, 51], [89, 89], [51, 89]]
    spoiled.redraw(spoiled.annotation(image), "Hamate", outer, inner)
    union = masks.drawn(SHAPE, outer, inner)
    even_odd = union & ~masks.drawn(SHAPE, inner)
    assert (union.sum(), even_odd.sum()) == (3721, 2200)
    handseg("check", data).must(0, "Hamate: bone in several polygons (2)", "it is their union")
    assert cached(data, done, image)[bones.CLASS_ID["Hamate"]] == [outer, inner]
    assert dice_of(data, image, "Hamate", union) == 1.0
    assert dice_of(data, image, "Hamate", even_odd) == pytest.approx(4400 / 5921, abs=1e-6)
    told("one square in another: 3721 px in cache and score, not the 2200 px of an even-odd fill")


@pytest.mark.fault(44)
def test_row_44_an_unknown_class_gets_the_nearest_name(data: Path, done: Path, told: Told) -> None:
    labels = {"Finger-3": "finger-3", " finger-3": "finger-3", "Pisifrom": "Pisiform"}
    chosen = spoiled.images(data)[: len(labels)]
    for image, (label, nearest) in zip(chosen, labels.items(), strict=True):
        path = spoiled.annotation(image)
        path.write_text(path.read_text().replace(f'"label": "{nearest}"', f'"label": "{label}"'))
    said = [f"unknown bone ({label!r}); name it {nearest}" for label, nearest in labels.items()]
    line = refused(data, done, chosen[0], said[0])
    handseg("check", data).must(2, *said)
    told(f"another case, a blank, a slip: exit 2: {line}")


@pytest.mark.fault(45)
def test_row_45_a_missing_class_is_refused(data: Path, done: Path, image: Path, told: Told) -> None:
    path = spoiled.annotation(image)
    spoiled.entries(path, lambda found: found.pop(bones.CLASS_ID["Trapezium"]))
    fault = refused(data, done, image, "bones missing (Trapezium); draw them, or take the image")
    told(f"missing: exit 2 by check, preprocess, run and score: {fault}")


@pytest.mark.fault(45)
def test_row_45_a_class_twice_is_its_union(data: Path, done: Path, image: Path, told: Told) -> None:
    spoiled.redraw(spoiled.annotation(image), "Ulna", SQUARE, SQUARE)
    handseg("check", data).must(0, "Ulna: bone in several polygons (2)")
    assert cached(data, done, image)[bones.CLASS_ID["Ulna"]] == [SQUARE, SQUARE]
    assert dice_of(data, image, "Ulna", masks.drawn(SHAPE, SQUARE)) == 1.0
    told("twice: exit 0, said by check; its mask is the union, which is the same polygon once")
