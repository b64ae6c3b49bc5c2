import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

from handseg.commands.check import check
from handseg.storage.location import Location
from tests.drawing import write_image, write_tiny_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    write_tiny_dataset(root, people=2, size=(24, 24), seed=0)
    return root


def test_good_data_gives_zero(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(Location(str(data))) == 0
    assert capsys.readouterr().out == "no fault: 4 images of 2 people\n"


def test_faulty_data_gives_two_and_every_fault(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *_ = sorted((data / "train" / "DCM").rglob("*.png"))
    first.write_bytes(b"")
    second.unlink()
    assert check(Location(str(data))) == 2
    told = capsys.readouterr().out
    assert f"{first}: unusable image (empty); copy the image again" in told
    assert f"{second.stem}.json: annotation without image" in told
    assert "2 faults" in told


def test_json_is_alone_on_stdout(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = next((data / "train" / "DCM").rglob("*.png"))
    image.write_bytes(b"")
    assert check(Location(str(data)), json=True) == 2
    fault = {
        "path": str(image),
        "fault": "unusable image",
        "value": "empty",
        "remedy": "copy the image again",
    }
    assert json.loads(capsys.readouterr().out) == {"ok": False, "faults": [fault]}


def test_remarks_are_said_once_for_each_kind_and_change_nothing(
    data: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "test" / "DCM").mkdir(parents=True)
    for value, name in enumerate(("a.png", "b.png", "c.png")):
        write_image(data / "test" / "DCM" / "ID9" / name, np.full((24, 24), value, np.uint8))
    with caplog.at_level(logging.DEBUG, "handseg"):
        assert check(Location(str(data)), json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "faults": []}
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "a.png: one grey value (0)" in warnings[0]
    assert "and 2 more, which --log-level debug lists" in warnings[0]
    assert len([r for r in caplog.records if r.levelno == logging.DEBUG]) == 2


def test_faults_of_remote_data_are_named_by_their_uri(
    data: Path, object_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_, last = sorted((data / "train" / "DCM").rglob("*.png"))
    shutil.copy(first, last)
    shutil.copytree(data, object_store / "hands")
    assert check(Location(f"s3://{object_store.name}/hands")) == 2
    told = capsys.readouterr().out
    for image in (first, last):
        assert f"s3://{object_store.name}/hands/{image.relative_to(data)}" in told
