import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg import bones
from handseg.commands.validate import validate
from handseg.storage.location import Location


@pytest.fixture
def data(tmp_path: Path) -> Location:
    """A training image of 6 x 8 pixels with its annotation."""
    root = tmp_path / "data"
    (root / "train/DCM/ID1").mkdir(parents=True)
    (root / "train/outputs_json/ID1").mkdir(parents=True)
    cv2.imwrite(str(root / "train/DCM/ID1/a.png"), np.zeros((6, 8), np.uint8))
    (root / "train/outputs_json/ID1/a.json").write_text("{}")
    return Location(str(root))


def submission(folder: Path, rle: str) -> Location:
    path = folder / "submission.csv"
    rows = [f"a.png,{bone},{rle}" for bone in bones.NAMES]
    path.write_text("\n".join(["image_name,class,rle", *rows]))
    return Location(str(path))


def test_a_good_submission_is_said_to_be_so(
    tmp_path: Path, data: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(data=data, submission=submission(tmp_path, "48 1")) == 0
    assert capsys.readouterr().out == "no fault: 1 images of the train part, 29 rows each\n"


def test_bounds_are_those_of_the_png(
    tmp_path: Path, data: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(data=data, submission=submission(tmp_path, "49 1"), json=True) == 2
    answer = json.loads(capsys.readouterr().out)
    assert not answer["ok"]
    assert len(answer["faults"]) == 29
    assert answer["faults"][28]["path"].endswith("submission.csv:30")
    assert answer["faults"][28]["value"] == "a.png Ulna"
    assert "48 pixels" in answer["faults"][28]["fault"]
