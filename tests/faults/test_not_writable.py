"""The row of folders that cannot be written, which is found before the first expensive step."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import disks, interrupted
from tests.faults.command import Ended, handseg
from tests.faults.conftest import FEW_STEPS

_READ_ONLY = "cannot be written (Read-only file system)"


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A disk that is mounted read-only."""
    with disks.mounted(tmp_path / "run" / "members") as folder:
        disks.make_read_only(folder)
        yield folder


def _run(hands: Path, out: Path) -> Ended:
    ended = handseg("run", "--data", hands, "--out", out, *FEW_STEPS)
    assert "step 1/" not in ended.said
    assert "preset smoke" not in ended.said
    return ended


@pytest.mark.fault(6)
def test_row_06_a_run_is_refused_before_its_first_step(
    hands: Path, read_only: Path, told: Callable[[str], None]
) -> None:
    out = read_only / "run"
    ended = _run(hands, out).must(2, f"{out}/run.json: {_READ_ONLY}", "give another --out")
    told(f"a run on a read-only disk: exit 2 before its first step, {ended.last_line}")


@pytest.mark.fault(6)
def test_row_06_each_folder_of_a_run_is_tried(
    hands: Path, read_only: Path, told: Callable[[str], None]
) -> None:
    run = read_only.parent
    _run(hands, run).must(2, f"{read_only}/fold0: {_READ_ONLY}", "give another --out")
    assert list(run.iterdir()) == [read_only]
    told("with RUN/members alone read-only: likewise, and nothing is written elsewhere")


@pytest.mark.fault(6)
def test_row_06_a_file_in_place_of_a_folder(
    hands: Path, tmp_path: Path, told: Callable[[str], None]
) -> None:
    (tmp_path / "file").write_text("in the way")
    _run(hands, tmp_path / "file" / "run").must(2, "cannot be written (Not a directory)")
    split = handseg("split", "--data", hands, "--out", tmp_path / "file" / "folds.csv")
    split.must(2, tmp_path / "file" / "folds.csv", "cannot be written (Not a directory)")
    told("with a file in place of the folder: likewise")


@pytest.mark.fault(6)
@pytest.mark.parametrize("flag", ["--out", "--oof", "--state"])
def test_row_06_a_training_tries_all_that_it_will_write(
    done: Path, read_only: Path, tmp_path: Path, told: Callable[[str], None], flag: str
) -> None:
    places = {
        "--out": tmp_path / "member",
        "--oof": tmp_path / "oof",
        "--state": tmp_path / "state",
        flag: read_only / "place",
    }
    further = ("--oof", places["--oof"], "--state", places["--state"])
    ended = handseg(*interrupted.words(done, places["--out"], *further))
    ended.must(2, f"{read_only}/place: {_READ_ONLY}")
    assert "steps at" not in ended.said
    assert not places["--state"].exists()
    told(f"`handseg train` with {flag} read-only: exit 2 before the first step")
