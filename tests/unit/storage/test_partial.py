import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handseg.errors import BadInput, DiskFull
from handseg.storage import partial, sums

_FILL_AND_WAIT = """
import sys, time
from pathlib import Path
from handseg.storage import partial
with partial.filling(Path(sys.argv[1]), folder=True, replace=False) as path:
    (path / "half").write_text("half")
    print("filling", flush=True)
    time.sleep(60)
"""


@contextmanager
def _another_process_filling(target: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _FILL_AND_WAIT, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "filling\n"
        try:
            yield process
        finally:
            process.kill()


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _fill_folder(target: Path, text: str = "abc", *, replace: bool = False) -> None:
    with partial.filling(target, folder=True, replace=replace) as path:
        (path / text).write_text(text)


def _fill_file(target: Path, text: str = "abc", *, replace: bool = False) -> None:
    with partial.filling(target, folder=False, replace=replace) as path:
        path.write_text(text)


def test_a_folder_appears_with_its_sums_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "new" / "cache"
    with partial.filling(target, folder=True, replace=False) as path:
        (path / "x").write_text("abc")
        assert not target.exists()
    assert _names(tmp_path) == ["new", "new/cache", "new/cache/SHA256SUMS", "new/cache/x"]
    sums.verify(target)


def test_a_file_appears_with_its_sums_and_its_provenance_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "folds.csv"
    with partial.filling(target, folder=False, replace=False) as path:
        assert path.name == "folds.csv"
        path.write_text("abc")
        path.with_name("folds.csv.run.json").write_text("{}")
        assert not target.exists()
    assert _names(tmp_path) == ["folds.csv", "folds.csv.run.json", "folds.csv.sha256"]
    check = ["sha256sum", "--strict", "--quiet", "-c", "folds.csv.sha256"]
    assert subprocess.run(check, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("fill", [_fill_folder, _fill_file])
def test_a_target_that_is_there_is_refused_before_any_work(tmp_path: Path, fill: object) -> None:
    assert callable(fill)
    target = tmp_path / "out"
    fill(target)
    with pytest.raises(BadInput, match="is there already; give another --out, or remove it"):
        fill(target, "new")
    sums.verify(target)
    fill(target, "new", replace=True)
    sums.verify(target)
    assert [name for name in _names(tmp_path) if "abc" in name or name.startswith(".")] == []


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    _fill_folder(tmp_path)
    assert _names(tmp_path) == ["SHA256SUMS", "abc"]


@pytest.mark.parametrize("folder", [True, False])
def test_an_exception_leaves_nothing(tmp_path: Path, folder: bool) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        partial.filling(tmp_path / "out", folder=folder, replace=False) as path,
    ):
        (path / "x" if folder else path).write_text("half")
        raise ZeroDivisionError
    assert _names(tmp_path) == []


@pytest.mark.parametrize("folder", [True, False])
def test_writing_nothing_is_an_error(tmp_path: Path, folder: bool) -> None:
    with (
        pytest.raises(BadInput, match="nothing was written"),
        partial.filling(tmp_path / "out", folder=folder, replace=False),
    ):
        pass
    assert _names(tmp_path) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "cache"
    with _another_process_filling(target) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not target.exists()
    assert f".cache.partial-{process.pid}/half" in _names(tmp_path)
    _fill_folder(target)
    assert _names(tmp_path) == ["cache", "cache/SHA256SUMS", "cache/abc"]


def test_only_leftovers_of_the_same_target_are_removed(tmp_path: Path) -> None:
    other = tmp_path / ".cache2.partial-1"
    other.mkdir()
    (tmp_path / ".cache.partial-1.old").mkdir()
    _fill_folder(tmp_path / "cache")
    assert _names(tmp_path) == [".cache2.partial-1", "cache", "cache/SHA256SUMS", "cache/abc"]


def test_what_a_writer_left_that_was_killed_after_its_last_step_is_tidied(tmp_path: Path) -> None:
    target = tmp_path / "cache"
    _fill_folder(target)
    # Its lock, the folder it replaced, and nothing of another's.
    (tmp_path / ".cache.lock").write_text("{}")
    (tmp_path / ".cache.partial-1.old").mkdir()
    (tmp_path / ".cache.partial-1.old" / "abc").write_text("before")
    (tmp_path / ".cache2.lock").write_text("{}")
    partial.tidy(target)
    assert _names(tmp_path) == [".cache2.lock", "cache", "cache/SHA256SUMS", "cache/abc"]


def test_what_another_writes_is_not_tidied(tmp_path: Path) -> None:
    with _another_process_filling(tmp_path / "cache") as process:
        with pytest.raises(BadInput, match="is writing it since"):
            partial.tidy(tmp_path / "cache")
        assert f".cache.partial-{process.pid}/half" in _names(tmp_path)


def test_a_second_writer_is_refused_while_the_first_one_lives(tmp_path: Path) -> None:
    target = tmp_path / "cache"
    with _another_process_filling(target) as process:
        with pytest.raises(
            BadInput, match=f"cache: process {process.pid} on .* is writing it since"
        ):
            _fill_folder(target)
        assert f".cache.partial-{process.pid}/half" in _names(tmp_path)


def test_killed_before_its_last_step_a_file_does_not_exist(tmp_path: Path) -> None:
    # What stands there when the process dies after the sums and before the file.
    target = tmp_path / "folds.csv"
    (tmp_path / "folds.csv.sha256").write_text("of another content")
    (tmp_path / "folds.csv.run.json").write_text("{}")
    assert not partial.is_there(target)
    _fill_file(target)
    sums.verify(target)
    assert _names(tmp_path) == ["folds.csv", "folds.csv.sha256"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=r"file/out: cannot be written .*; give another --out"):
        _fill_folder(tmp_path / "file" / "out")


def test_a_full_disk_is_said_with_its_free_bytes(tmp_path: Path) -> None:
    with (
        pytest.raises(DiskFull, match=r"out: the disk is full: more than 3 bytes are needed"),
        partial.filling(tmp_path / "out", folder=True, replace=False) as path,
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        (path / "half").write_text("abc")
        full.write(b"x")
    assert _names(tmp_path) == []


def test_whether_a_place_can_be_written_is_told_without_leaving_anything(tmp_path: Path) -> None:
    partial.require_writable(tmp_path / "new" / "folder" / "out")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=r"file/new/out: cannot be written .*; give another --out"):
        partial.require_writable(tmp_path / "file" / "new" / "out")
    assert _names(tmp_path) == ["file"]
