"""`make load` in small: 2,000 images through every stage, in the memory that 500 take."""

from pathlib import Path

import pytest

from tests.load.__main__ import run
from tests.load.amount import Amount


@pytest.mark.long
def test_four_times_the_images_take_the_same_memory(tmp_path: Path) -> None:
    amount = Amount(name="small", people=800, test_people=200, size_px=96, folds=5)
    verdicts = run(amount, tmp_path, keep=False)
    assert [verdict.command for verdict in verdicts] == [
        *("check", "split", "preprocess", "train", "infer test", "infer oof"),
        *("ensemble", "validate", "report"),
    ]
    assert [fault for verdict in verdicts for fault in verdict.faults] == []
    assert list(tmp_path.iterdir()) == []
