import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg import bones
from handseg.commands.score import score
from handseg.errors import BadInput, MissingInput
from handseg.storage.location import Location

# 4 x 4 pixels, rows 0 to 3 and columns 0 to 3, in an image 10 wide and 8 high
SQUARE = [[0, 0], [3, 0], [3, 3], [0, 3]]
SHAPE = (8, 10)
WHOLE = "1 4 11 4 21 4 31 4"
UPPER_HALF = "1 4 11 4"


def annotate(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    annotations = [
        {"id": str(i), "type": "poly_seg", "attributes": {}, "points": SQUARE, "label": bone}
        for i, bone in enumerate(bones.NAMES)
    ]
    path.write_text(json.dumps({"annotations": annotations, "filename": f"{path.stem}.jpg"}))


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """A data folder with a training image a.png and a test image b.png, both annotated."""
    root = tmp_path / "data"
    for part, person, name in (("train", "ID1", "a"), ("test", "ID2", "b")):
        annotate(root / part / "outputs_json" / person / f"{name}.json")
        image = root / part / "DCM" / person / f"{name}.png"
        image.parent.mkdir(parents=True)
        cv2.imwrite(str(image), np.zeros(SHAPE, np.uint8))
    return root


def submission(folder: Path, images: dict[str, list[str]]) -> Location:
    path = folder / "submission.csv"
    rows = [
        f"{name},{bone},{text}"
        for name, texts in images.items()
        for bone, text in zip(bones.NAMES, texts, strict=True)
    ]
    path.write_text("\n".join(["image_name,class,rle", *rows, ""]))
    return Location(str(path))


def scored(
    capsys: pytest.CaptureFixture[str], truth: Path, csv: Location, size: str = "2048x2048"
) -> dict[str, object]:
    assert score(truth=Location(str(truth)), submission=csv, size=size, json=True) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_the_mean_is_over_images_then_over_bones(
    tmp_path: Path, truth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = submission(
        tmp_path,
        {"a.png": [UPPER_HALF, *[WHOLE] * 28], "b.png": ["", *[WHOLE] * 28]},
    )
    found = scored(capsys, truth, csv)
    # finger-1: (2·8 + 1e-4) / (8 + 16 + 1e-4) in a.png, 1e-4 / (16 + 1e-4) in b.png
    first = (16.0001 / 24.0001 + 1e-4 / 16.0001) / 2
    assert list(found) == ["mean_dice", "per_bone", "images"]
    assert found["images"] == 2
    assert found["per_bone"] == {
        "finger-1": pytest.approx(first, abs=1e-12),
        **dict.fromkeys(bones.NAMES[1:], 1.0),
    }
    assert found["mean_dice"] == pytest.approx((first + 28) / 29, abs=1e-12)


def test_exactly_the_images_of_the_csv_are_scored(
    tmp_path: Path, truth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = scored(capsys, truth, submission(tmp_path, {"b.png": [WHOLE] * 29}))
    assert (found["images"], found["mean_dice"]) == (1, 1.0)


def test_a_bare_folder_of_annotations_takes_the_size_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "json"
    annotate(folder / "a.json")
    csv = submission(tmp_path, {"a.png": [WHOLE] * 29})
    assert scored(capsys, folder, csv, size="8x10")["mean_dice"] == 1.0
    at_2048 = submission(tmp_path, {"a.png": ["1 4 2049 4 4097 4 6145 4"] * 29})
    assert scored(capsys, folder, at_2048)["mean_dice"] == 1.0


def test_people_get_a_table(
    tmp_path: Path, truth: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = submission(tmp_path, {"a.png": [UPPER_HALF, *[WHOLE] * 28]})
    assert score(truth=Location(str(truth)), submission=csv) == 0
    printed = capsys.readouterr().out
    assert "Dice over 1 images" in printed
    assert all(bone in printed for bone in bones.NAMES)
    # (2/3 + 28) / 29
    assert "0.6667" in printed
    assert "0.9885" in printed


def refused(message: str, truth: Path, csv: Location, size: str = "2048x2048") -> None:
    with pytest.raises((BadInput, MissingInput), match=message):
        score(truth=Location(str(truth)), submission=csv, size=size)


def test_an_image_without_truth_is_named(tmp_path: Path, truth: Path) -> None:
    csv = submission(tmp_path, {"a.png": [""] * 29, "c.png": [""] * 29})
    refused(r"no truth for 1 of 2 images of the CSV, such as c\.png", truth, csv)


def test_a_truth_that_lacks_a_bone_is_refused_rather_than_taken_for_empty(
    tmp_path: Path, truth: Path
) -> None:
    path = truth / "test" / "outputs_json" / "ID2" / "b.json"
    document = json.loads(path.read_text())
    document["annotations"].pop()
    path.write_text(json.dumps(document))
    csv = submission(tmp_path, {"b.png": [WHOLE] * 29})
    refused(r"b\.json: bones missing \(Ulna\)", truth, csv)


def test_a_broken_run_is_named_by_image_and_bone(tmp_path: Path, truth: Path) -> None:
    csv = submission(tmp_path, {"a.png": ["", "81 1", *[""] * 27]})
    refused(r"submission\.csv: a\.png finger-2: RLE: .* beyond the image's 80 pixels", truth, csv)


def test_an_empty_submission_is_refused(tmp_path: Path, truth: Path) -> None:
    refused("holds no image", truth, submission(tmp_path, {}))


@pytest.mark.parametrize("size", ["2048", "0x5", "8 x 10", "-1x5", "x", "1e3x5"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    annotate(tmp_path / "json" / "a.json")
    csv = submission(tmp_path, {"a.png": [""] * 29})
    refused("is not HEIGHTxWIDTH", tmp_path / "json", csv, size=size)


def test_a_size_beside_images_is_refused_rather_than_ignored(tmp_path: Path, truth: Path) -> None:
    csv = submission(tmp_path, {"a.png": [""] * 29})
    refused("leave --size out", truth, csv, size="8x10")
