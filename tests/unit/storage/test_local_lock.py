import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.storage import local_lock, snapshot
from handseg.storage.location import Location

_WORK_AND_WAIT = """
import sys, time
from handseg.storage import snapshot
from handseg.storage.location import Location
with snapshot.working(Location(sys.argv[1]), pushes=True) as (folder, _):
    (folder / "state").write_text("half")
    print("working", flush=True)
    time.sleep(60)
"""


@contextmanager
def another_process_working(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _WORK_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        try:
            yield process
        finally:
            process.kill()


def work(folder: Path, *, pushes: bool = True) -> None:
    with snapshot.working(Location(str(folder)), pushes=pushes) as (path, push):
        (path / "state").write_text("whole")
        push(path)


def test_a_second_process_in_a_working_folder_is_told_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "member.partial"
    with another_process_working(folder) as process:
        refused = rf"member\.partial: process {process.pid} on \S+ is writing it since 20\S+; wait"
        with pytest.raises(BadInput, match=refused):
            work(folder)
        assert (folder / "state").read_text() == "half"
        # Other ranks of the training that holds it.
        work(folder, pushes=False)
        process.kill()
        process.wait()
    work(folder)
    assert [path.name for path in folder.iterdir()] == ["state"]


def test_a_lock_that_says_nothing_yet_is_held_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "member.partial"
    with another_process_working(folder):
        (folder / ".lock").write_text("{")
        with pytest.raises(BadInput, match="process unknown on an unknown host is writing it"):
            work(folder)


def test_a_forked_worker_does_not_keep_the_lock(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from handseg.storage import local_lock\n"
        "with local_lock.holding(Path(sys.argv[1]), Path('out')):\n"
        "    worker = os.fork()\n"
        "    if not worker: time.sleep(60)\n"
        "    print(worker, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    lock = tmp_path / ".lock"
    command = [sys.executable, "-c", code, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.wait()
        try:
            with local_lock.holding(lock, tmp_path):
                assert lock.exists()
        finally:
            os.kill(worker, 9)
    assert not lock.exists()


def test_a_new_folder_in_which_nothing_was_begun_is_removed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("new", "mine"):
        with (
            pytest.raises(ZeroDivisionError),
            snapshot.working(Location(str(tmp_path / name)), pushes=True),
        ):
            raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=r"file/state: cannot be written .*; give another --out"):
        work(tmp_path / "file" / "state")
