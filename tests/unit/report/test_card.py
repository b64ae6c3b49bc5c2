import json
from pathlib import Path
from typing import Any

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.report import card
from handseg.training.loss_curve import LossPoint


def written(**changes: Any) -> dict[str, Any]:
    line = {"step": 5, "epoch": 0.5, "loss": 1.0, "dice": None, "new": 1}
    values = {"name": "a", "fold": 1, "train": {"seed": 7}, "steps": 10, "parameters": 3}
    return {**values, "history": [line], "prior": [0.1], **changes}


def test_what_the_report_uses_is_read_and_the_rest_passed_over(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(json.dumps(written()))
    found = card.read(tmp_path)
    assert (found.name, found.fold, found.train.seed, found.steps) == ("a", 1, 7, 10)
    assert found.losses == []
    assert found.history == [card.Line(step=5, epoch=0.5, loss=1.0, dice=None)]


def test_the_finer_curve_of_a_training_is_read(tmp_path: Path) -> None:
    point = {"step": 5, "epoch": 0.5, "loss": 1.0}
    (tmp_path / "card.json").write_text(json.dumps(written(losses=[point])))
    assert card.read(tmp_path).losses == [LossPoint(step=5, epoch=0.5, loss=1.0)]


def test_a_folder_without_a_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="card.json: not found; give the folder that"):
        card.read(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps(written(fold="x"))])
def test_a_file_that_is_no_card_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(BadInput, match="card.json: (not a checkpoint's card|no JSON).*train the"):
        card.read(tmp_path)
