import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from handseg import bones
from handseg.errors import BadInput, MissingInput
from handseg.settings import TrainSettings
from handseg.training import checkpoint
from handseg.training.checkpoint import Card

CARD = Card(
    name="fold0",
    fold=0,
    train=TrainSettings(),
    cache="a" * 64,
    folds="b" * 64,
    prior=[0.01] * bones.COUNT,
    steps=100,
    parameters=1234,
    device="cpu, float32",
)


def written(**changes: Any) -> str:
    return json.dumps({**asdict(CARD), **changes})


def test_loading_undoes_saving(tmp_path: Path) -> None:
    checkpoint.save_card(tmp_path, CARD)
    assert checkpoint.load_card(tmp_path) == CARD


def test_no_card_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"card\.json: not found"):
        checkpoint.load_card(tmp_path)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\xff", "not text"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a checkpoint's card; train the member again"),
        (b"{}", "not a checkpoint's card; train the member again"),
        (written(format=10**400).encode(), "format 1000.*, this version reads"),
        (written(format=0, unknown=1).encode(), "format 0, this version reads"),
        (
            written(fold="x" * 10_000).encode(),
            r"not a checkpoint's card \(.*fold: must be of type int",
        ),
        (written(steps=None).encode(), "not a checkpoint's card"),
        (written(mean_dice=10**400).encode(), "not a checkpoint's card .*too large for a float"),
        (written(**{"\u202e": 1}).encode(), r"not a checkpoint's card .*'\\u202e'"),
        (written(classes=["Ulna"]).encode(), "its classes or their order are not the 29 bones"),
    ],
)
def test_a_file_that_is_no_card_is_refused_in_printable_text_of_bounded_length(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    path = tmp_path / checkpoint.CARD
    path.write_bytes(content)
    with pytest.raises(BadInput, match=fault) as refusal:
        checkpoint.load_card(tmp_path)
    said = str(refusal.value)
    assert said.startswith(f"{path}: ")
    assert said.isprintable()
    assert len(said) < 500 + len(str(path))
