"""The list of networks names each with its size, as a table or as JSON alone."""

import json

import pytest

from handseg.commands.models import models


def test_json_holds_every_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert models(json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert {
        "name": "unet3plus_ds_2048",
        "parameters": 27_571_516,
        "input_px": 512,
        "output_px": 2048,
        "encoders": [],
    } in found
    keys = {"name", "parameters", "input_px", "output_px", "encoders"}
    assert all(set(entry) == keys for entry in found)


def test_table_has_a_line_for_every_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert models() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "parameters", "input", "px", "output", "px", "encoders"]
    assert ["unet3plus", "27,052,445", "512", "512"] in [line.split() for line in lines]
    assert any(line.endswith("  b0, b1, b2, b3, b4, b5, smoke") for line in lines)
