"""`handseg run --ensemble.select true`: chosen, voted by, reported; and done once."""

import json
from pathlib import Path

import pytest

from handseg import cli
from handseg.ensemble import choice as choices
from handseg.ensemble import submission

FEW_STEPS = ["--preset", "smoke", "--train.length", "6", "--train.learning_rate", "1e-2"]


def run(data: Path, out: Path, *more: str) -> int:
    return cli.main(["run", "--data", str(data), "--out", str(out), *FEW_STEPS, *more])


def test_a_run_chooses_how_its_members_vote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "data", tmp_path / "run"
    words = ["--people", "4", "--test-people", "1", "--size", "96", "--seed", "5"]
    assert cli.main(["demo-data", str(data), *words]) == 0
    assert run(data, out, "--ensemble.select", "true") == 0
    lines = capsys.readouterr().err
    assert "step 8/10 select" in lines
    assert "chosen on 8 images of 4 people: out-of-fold Dice" in lines
    found = choices.read(out / "choice.json")
    assert [member.name for member in found.members] == ["fold0", "fold1"]
    record = json.loads((out / "submission.csv.run.json").read_text())
    assert record["choice"]["thresholds"] == found.thresholds
    assert len(submission.read(out / "submission.csv")) == 2
    assert 'id="selection"' in (out / "report.html").read_text()
    assert run(data, out, "--ensemble.select", "true") == 0
    assert "nothing to do" in capsys.readouterr().err
    assert run(data, out) == 2
    assert "ensemble.select: True -> False" in capsys.readouterr().err
