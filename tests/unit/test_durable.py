import os
import shutil
from pathlib import Path

import pytest

from handseg import durable
from handseg.errors import DiskFull


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_text_replaces_the_old_one_whole(tmp_path: Path) -> None:
    durable.write_text(tmp_path / "run.json", "old")
    durable.write_text(tmp_path / "run.json", "néw")
    assert (tmp_path / "run.json").read_text(encoding="utf-8") == "néw"
    assert _names(tmp_path) == ["run.json"]


def test_until_it_is_moved_the_old_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("old")
    with durable.room_beside(path, needed=3) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        durable.move(temporary, path)
    assert path.read_text() == "new"


def test_an_exception_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), durable.room_beside(path, needed=3) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["state"]


def test_more_than_is_free_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    needed = shutil.disk_usage(tmp_path).total + 1
    with (
        pytest.raises(DiskFull, match=rf"state: the disk is full: {needed:,} bytes are needed, "),
        durable.room_beside(tmp_path / "state", needed=needed),
    ):
        raise AssertionError
    assert _names(tmp_path) == []


def test_a_disk_that_fills_while_it_is_written_is_told_as_well(tmp_path: Path) -> None:
    with (
        pytest.raises(DiskFull, match=r"state: the disk is full: 3 bytes are needed, [\d,]+ are"),
        durable.room_beside(tmp_path / "state", needed=3) as temporary,
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        temporary.write_text("a")
        full.write(b"bc")
    assert _names(tmp_path) == []


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / f".state.partial-{os.getpid() + 1}").write_text("half")
    (tmp_path / "state").write_text("whole")
    (tmp_path / ".lock").write_text("")
    durable.remove_stray(tmp_path)
    assert _names(tmp_path) == [".lock", "state"]
