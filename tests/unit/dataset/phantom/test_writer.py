import json
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg import bones
from handseg.commands.demo_data import demo_data
from handseg.dataset.phantom.writer import write_dataset
from handseg.errors import BadInput
from handseg.storage.location import Location


def _bytes(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("phantom") / "data"
    write_dataset(out, people=3, test_people=2, size=64, seed=5, workers=1)
    return out


def test_layout_is_the_competitions(root: Path) -> None:
    assert {path.name for path in (root / "train/DCM").iterdir()} == {"ID001", "ID002", "ID003"}
    assert {path.name for path in (root / "test/DCM").iterdir()} == {"ID004", "ID005"}
    for part, people in (("train", 3), ("test", 2)):
        images = sorted((root / part / "DCM").glob("ID*/image*.png"))
        files = sorted((root / part / "outputs_json").glob("ID*/image*.json"))
        assert len(images) == 2 * people
        assert [p.stem for p in images] == [p.stem for p in files]
    names = [path.name for path in root.glob("*/DCM/*/*.png")]
    assert len(set(names)) == 10


def test_images_have_three_equal_channels(root: Path) -> None:
    for path in root.glob("*/DCM/*/*.png"):
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert image is not None
        assert image.shape == (64, 64, 3)
        assert image.dtype == np.uint8
        assert (image == image[..., :1]).all()


def test_annotations_have_the_keys_and_the_wrong_size(root: Path) -> None:
    for path in root.glob("*/outputs_json/*/*.json"):
        found = json.loads(path.read_text())
        assert list(found) == [
            *("annotations", "attributes", "file_id", "filename", "parent_path"),
            *("last_modifier_id", "metadata", "last_workers"),
        ]
        assert found["metadata"] == {"height": 3060, "width": 3060}
        assert Path(found["filename"]).stem == path.stem
        assert [a["label"] for a in found["annotations"]] == list(bones.NAMES)
        for annotation in found["annotations"]:
            assert list(annotation) == ["id", "type", "attributes", "points", "label"]
            assert annotation["type"] == "poly_seg"
            points = np.array(annotation["points"])
            assert points.dtype == np.int64
            assert points.shape[0] >= 3
            assert points.min() >= 0
            assert points.max() < 64


def test_same_seed_gives_the_same_bytes_on_any_number_of_processes(
    root: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    write_dataset(again, people=3, test_people=2, size=64, seed=5, workers=2)
    assert _bytes(again) == _bytes(root)


def test_a_person_is_the_same_among_more_people(root: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path / "more", people=4, size=64, seed=5, workers=1)
    more, fewer = _bytes(tmp_path / "more"), _bytes(root)
    assert {n: b for n, b in fewer.items() if n.startswith("train/")}.items() <= more.items()


def test_finished_data_set_is_left_alone(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = _bytes(root)
    with caplog.at_level(logging.INFO, logger="handseg"):
        write_dataset(root, people=3, test_people=2, size=64, seed=5)
    assert "nothing to do" in caplog.text
    assert _bytes(root) == before


def test_other_settings_or_another_folder_are_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="was made with"):
        write_dataset(root, people=3, test_people=2, size=64, seed=6)
    (tmp_path / "mine").mkdir()
    with pytest.raises(BadInput, match="holds no demo.json"):
        write_dataset(tmp_path / "mine", people=1)


@pytest.mark.parametrize(("people", "size"), [(0, 64), (1, 32)])
def test_nonsense_is_refused(tmp_path: Path, people: int, size: int) -> None:
    with pytest.raises(BadInput, match="give at least"):
        write_dataset(tmp_path / "out", people=people, size=size)


def test_half_a_data_set_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "left over").write_text("")
    assert demo_data(Location(str(tmp_path / "out")), people=1, size=64) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not (tmp_path / "out" / "left over").exists()
