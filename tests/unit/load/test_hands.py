"""What a load is made of: hands that differ, with polygons that fit them."""

from pathlib import Path

import numpy as np
import pytest

from handseg.dataset import annotations, check, layout
from handseg.images import reading
from handseg.masks import bitfield
from tests.load import hands
from tests.load.amount import Amount
from tests.load.hands import Moved

SMALL = Amount(name="small", people=20, test_people=4, size_px=96)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("load") / "data"
    hands.make(root, SMALL)
    return root


def test_the_data_have_no_fault_and_no_image_twice(data: Path) -> None:
    report = check.check_data(data)
    assert report.faults == []
    assert (report.images, report.people) == (SMALL.images, 24)
    assert not [remark for remark in report.remarks if "pixels" in remark.fault]


def test_what_is_made_is_not_made_again(data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    hands.make(data, SMALL)
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


def test_a_quarter_is_the_first_people_of_both_parts(data: Path, tmp_path: Path) -> None:
    hands.take_quarter(data, tmp_path / "quarter", SMALL)
    found, whole = layout.scan(tmp_path / "quarter"), layout.scan(data)
    assert len(found) == SMALL.quarter.images == 12
    assert {record.name for record in found} < {record.name for record in whole}


def test_ways_to_move_a_hand_are_all_different() -> None:
    ways = [Moved.number(number, 2048) for number in range(10 * 2 * 9 * 9)]
    assert len(set(ways)) == len(ways)
    with pytest.raises(ValueError, match="no more than 1620 ways"):
        Moved.number(len(ways), 2048)


def test_polygons_move_with_the_pixels() -> None:
    image = np.zeros((64, 64), np.uint8)
    image[20:30, 10:14] = 200
    moved = Moved(gain=0.5, is_flipped=True, right_px=3, up_px=5)
    points = moved.points([[10, 20], [13, 20], [13, 29], [10, 29]], 64)
    polygon = np.array(points, np.int32)
    mask = bitfield.rasterise({0: [polygon]}, (64, 64)) != 0
    assert np.array_equal(moved.image(image) == 100, mask)
    # columns 10 to 13 become 50 to 53 in the mirror, then 53 to 56; rows 20 to 29 become 15 to 24
    assert sorted(map(tuple, points)) == [(53, 15), (53, 24), (56, 15), (56, 24)]


def test_truth_lies_on_the_bones_of_every_made_image(data: Path) -> None:
    brighter = 0
    records = [record for record in layout.scan(data) if record.part == "train"]
    for record in records:
        pixels = reading.read_grey(record.image_path)
        assert record.annotation_path is not None
        truth = annotations.load(record.annotation_path, height=96, width=96)
        bones = bitfield.rasterise(truth, pixels.shape) != 0
        brighter += pixels[bones].mean() > 1.3 * pixels[~bones].mean()
    assert brighter == len(records)


def test_a_made_png_is_read_as_it_was_written(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (33, 47), np.uint8)
    (tmp_path / "a.png").write_bytes(hands.rgb_png(image))
    assert np.array_equal(reading.read_grey(tmp_path / "a.png"), image)
