import json

import pytest

from handseg.commands import faults
from handseg.dataset.fault import Fault

FAULT = Fault("a.csv:3", "row twice", "a.png Ulna", "keep one of this and line 2")


def test_a_person_reads_one_line_for_each_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.answer([FAULT, FAULT], fine="all well", json=False) == 2
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "a.csv:3: row twice (a.png Ulna); keep one of this and line 2",
        "a.csv:3: row twice (a.png Ulna); keep one of this and line 2",
        "2 faults",
    ]


def test_no_fault_is_said_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.answer([], fine="all well", json=False) == 0
    assert capsys.readouterr().out == "all well\n"


@pytest.mark.parametrize("found", [[], [FAULT]])
def test_json_has_its_documented_shape(
    found: list[Fault], capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults.answer(found, fine="all well", json=True) == (2 if found else 0)
    assert json.loads(capsys.readouterr().out) == {
        "ok": not found,
        "faults": [
            {
                "path": "a.csv:3",
                "fault": "row twice",
                "value": "a.png Ulna",
                "remedy": "keep one of this and line 2",
            }
        ][: len(found)],
    }
