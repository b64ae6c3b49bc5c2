import io
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest

from handseg import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds that have passed; a test moves them on."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    yield now
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7530, "2 h 5 min"),
    ],
)
def test_seconds_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert progress.format_seconds(seconds) == text


def test_lines_say_how_far_and_how_long(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "handseg.progress"):
        for _ in progress.track(range(10), description="images", total=10):
            clock[0] += 6
    # after 12 s two are done: 8 * 6 s are left; the last needs no line
    assert [record.getMessage() for record in caplog.records] == [
        "images 2/10, 48 s left",
        "images 4/10, 36 s left",
        "images 6/10, 24 s left",
        "images 8/10, 12 s left",
    ]


def test_quick_work_is_not_talked_about(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "handseg.progress"):
        assert list(progress.track("abc", description="letters", total=3)) == ["a", "b", "c"]
    assert caplog.records == []


def test_a_terminal_gets_a_bar_and_log_lines_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    handler = logging.StreamHandler(terminal)
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stderr(terminal):
            for item in progress.track(range(3), description="images", total=3):
                logging.getLogger().warning("line %d", item)
                assert handler.stream is not terminal
            assert sys.stderr is terminal
        assert handler.stream is terminal
    finally:
        logging.getLogger().removeHandler(handler)
    shown = terminal.getvalue()
    assert "images" in shown
    assert "3/3" in shown
    assert "line 2\n" in shown


def test_the_terminal_is_given_back_when_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with redirect_stderr(terminal):
        with pytest.raises(ValueError, match="broken"):
            for _ in progress.track(range(3), description="images", total=3):
                raise ValueError("broken")
        assert sys.stderr is terminal
