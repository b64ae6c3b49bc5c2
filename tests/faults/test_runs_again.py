"""Rows of whole runs: a finished one, and one whose data has no images."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.command import handseg
from tests.faults.conftest import FEW_STEPS


def _times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.fault(11)
def test_row_11_a_finished_run_called_again_does_nothing(
    hands: Path, run: Path, told: Callable[[str], None]
) -> None:
    before = _times(run)
    ended = handseg("run", "--data", hands, "--out", run, *FEW_STEPS)
    ended.must(0, "nothing to do")
    assert _times(run) == before
    told(f"exit 0: {ended.last_line}; no file was touched")
