from pathlib import Path

import pytest

from handseg.dataset.phantom import writer
from tests.load import tree


def test_a_command_is_measured_with_its_processes(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    writer.write_dataset(tmp_path / "hands", people=2, size=64, workers=1)
    taken = tree.measure(["check", str(tmp_path / "hands")], temp=tmp_path / "tmp")
    # Python with NumPy and OpenCV is never smaller.
    assert taken.peak_mb > 40
    assert taken.cpu_s > 0 and taken.seconds > 0
    assert taken.files >= 3


def test_a_command_that_fails_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with pytest.raises(RuntimeError, match="exit code 2\n.*none: not found"):
        tree.measure(["check", str(tmp_path / "none")], temp=tmp_path / "tmp")
