import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import pytest

from handseg import terminal
from handseg.errors import Terminated
from handseg.terminal import LogSettings


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("handseg")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def test_lines_go_to_stderr_with_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.set_up_logging(LogSettings())
    logging.getLogger("handseg.any").info("fold %d", 3)
    captured = capsys.readouterr()
    assert captured.out == ""
    stamp, _, message = captured.err.partition(" ")
    assert len(stamp) == len("12:30:01")
    assert message == "fold 3\n"


def test_a_warning_says_that_it_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.set_up_logging(LogSettings())
    logging.getLogger("handseg.any").warning("odd")
    assert capsys.readouterr().err.endswith("WARNING: odd\n")


def test_other_libraries_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.set_up_logging(LogSettings("debug"))
    logging.getLogger("elsewhere").info("chatter")
    logging.getLogger("handseg").debug("detail")
    assert capsys.readouterr().err.endswith(" detail\n")


def test_torchruns_further_processes_say_only_what_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    terminal.set_up_logging(LogSettings())
    logging.getLogger("handseg").info("heard from the first")
    logging.getLogger("handseg").warning("wrong")
    assert capsys.readouterr().err.endswith("WARNING: wrong\n")


def test_setting_up_twice_writes_each_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.set_up_logging(LogSettings())
    terminal.set_up_logging(LogSettings())
    logging.getLogger("handseg").info("once")
    assert capsys.readouterr().err.count("once") == 1


def test_sigterm_unwinds_the_block_and_the_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    cleaned = []
    with pytest.raises(Terminated), terminal.ending_on_sigterm():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            cleaned.append(signal.getsignal(signal.SIGTERM))
    # While it unwinds a second SIGTERM ends the process at once.
    assert cleaned == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_forked_worker_dies_of_sigterm_as_usual() -> None:
    # In a process of its own: this one may have threads, which do not survive a fork.
    code = """
import os, signal
from handseg import terminal
with terminal.ending_on_sigterm():
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_json_lines_hold_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.set_up_logging(LogSettings("info", "json"))
    logging.getLogger("handseg.any").info("fold %d\nand more", 3)
    terminal.tell_error("handseg train: it is over")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["level"], first["logger"]) == ("info", "handseg.any")
    assert first["message"] == "fold 3\nand more"
    assert datetime.fromisoformat(first["time"]).tzinfo is not None
    assert (second["level"], second["message"]) == ("error", "handseg train: it is over")


def test_a_mistake_is_a_json_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.set_up_logging(LogSettings("info", "json"))
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError:
        terminal.tell_mistake()
    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert line["message"] == "internal error"
    assert "ZeroDivisionError: by zero" in line["traceback"]
