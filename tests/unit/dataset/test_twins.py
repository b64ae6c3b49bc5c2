from pathlib import Path

import numpy as np

from handseg.dataset.layout import ImageRecord, Part
from handseg.dataset.twins import find_twins, pixel_hash


def record(name: str, person: str, part: Part = "train") -> ImageRecord:
    return ImageRecord(name, person, part, Path(part, person, name), None)


def test_the_same_pixels_under_two_people_are_a_fault() -> None:
    records = [record("a.png", "ann"), record("b.png", "bob"), record("c.png", "cleo")]
    faults, remarks = find_twins(records, ["x", "y", "x"])
    assert [(f.path, f.fault, f.value) for f in faults] == [
        ("train/cleo/c.png", "same pixels under two people", "as train/ann/a.png")
    ]
    assert remarks == []


def test_the_same_pixels_under_one_person_are_a_remark() -> None:
    faults, remarks = find_twins([record("a.png", "ann"), record("b.png", "ann")], ["x", "x"])
    assert faults == []
    assert [(r.path, r.fault) for r in remarks] == [("train/ann/b.png", "same pixels twice")]


def test_the_test_part_is_never_validated_on_so_that_twins_in_it_are_remarks() -> None:
    records = [record("a.png", "ann"), record("b.png", "bob", "test"), record("c.png", "c", "test")]
    faults, remarks = find_twins(records, ["x", "x", "x"])
    assert faults == []
    assert len(remarks) == 2


def test_images_that_cannot_be_read_are_not_twins() -> None:
    assert find_twins([record("a.png", "ann"), record("b.png", "bob")], ["", ""]) == ([], [])


def test_the_hash_follows_values_and_shape() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert pixel_hash(image) == pixel_hash(image.copy(order="F"))
    assert pixel_hash(image) != pixel_hash(image.reshape(4, 3))
    assert pixel_hash(image) != pixel_hash(image + np.uint8(1))
