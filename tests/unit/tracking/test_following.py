import base64
import json
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from handseg.tracking import outbox
from handseg.tracking.following import Following
from handseg.tracking.tracker import About, End, Entry

# A PNG's signature, and room for what follows up to its size.
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()
ABOUT = About(member="fold0", settings={"seed": "0"}, tags={"fold": "0"})


class Book:
    """A tracker in memory; it can be told to fail, and to wait."""

    title = "Book"
    failures = (OSError,)

    def __init__(self, *, failing: int = 0) -> None:
        self.failing = failing
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.trainings: list[str] = []
        self.held: list[tuple[int, float]] = []
        self.ends: list[End] = []

    def open(self, about: About, first: int) -> None:
        self.goes_on.wait()
        if self.failing:
            self.failing -= 1
            raise OSError("nobody answers")
        self.trainings.append(about.training)
        self.held = [(step, value) for step, value in self.held if step < first]

    def take(self, entries: Sequence[Entry]) -> None:
        self.held += [(entry.step, entry.values["loss"]) for entry in entries]

    def close(self, end: End) -> None:
        self.ends.append(end)


def entry(step: int, loss: float | None = None, pictures: int = 0) -> Entry:
    shown = {f"image{i}": PICTURE for i in range(pictures)}
    loss = float(step) if loss is None else loss
    return Entry(step=step, time_s=0.0, values={"loss": loss}, pictures=shown)


def follow(book: Book, folder: Path, *, step: int = 0) -> Following:
    return Following(book, ABOUT, folder / "book.json", step=step)


def test_every_entry_comes_once_and_the_end_is_told(tmp_path: Path) -> None:
    book = Book()
    following = follow(book, tmp_path)
    for step in (1, 2, 3):
        following.note(entry(step))
        following.save()
    following.close("finished")
    assert book.held == [(1, 1.0), (2, 2.0), (3, 3.0)]
    assert (len(book.trainings), book.ends) == (1, ["finished"])


def test_what_was_noted_after_the_state_is_taken_back_and_told_again(tmp_path: Path) -> None:
    book = Book()
    killed = follow(book, tmp_path)
    killed.note(entry(1))
    killed.save()
    killed.note(entry(2, 20.0))
    killed.close("stopped")  # all of it arrives; the state is that of step 1
    resumed = follow(book, tmp_path, step=1)
    resumed.note(entry(2, 2.0))
    resumed.save()
    resumed.close("finished")
    assert book.held == [(1, 1.0), (2, 2.0)]
    assert book.trainings[0] == book.trainings[1]


def test_what_a_killed_process_had_not_handed_over_comes_with_the_next(tmp_path: Path) -> None:
    gone = Book()
    gone.goes_on.clear()
    killed = follow(gone, tmp_path)
    killed.note(entry(1))
    killed.note(entry(2, 2.0))
    killed.note(entry(2, 2.5))
    killed.save()
    book = Book()
    resumed = follow(book, tmp_path, step=2)
    resumed.note(entry(3))
    resumed.close("finished")
    assert book.held == [(1, 1.0), (2, 2.0), (2, 2.5), (3, 3.0)]
    gone.goes_on.set()


def test_a_step_of_which_a_part_was_taken_is_taken_back_as_a_whole(tmp_path: Path) -> None:
    book = Book()
    killed = follow(book, tmp_path)
    killed.note(entry(1, 1.0))
    killed.save()
    killed.close("stopped")
    kept = outbox.load(tmp_path / "book.json")
    assert kept is not None
    killed.note(entry(1, 1.5))  # as a validation of a step whose loss is taken already
    killed.save()
    resumed = follow(book, tmp_path, step=1)
    resumed.close("finished")
    assert book.held == [(1, 1.0), (1, 1.5)]


def test_a_failure_is_told_once_and_nothing_is_lost_when_it_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = Book(failing=2)
    following = follow(book, tmp_path)
    for step in (1, 2, 3, 4, 5):
        following.note(entry(step))
        following.save()
        # Each is offered by itself, as validations are that lie apart.
        while following._is_asked:
            pass
    following.close("finished")
    assert book.held == [(step, float(step)) for step in (1, 2, 3, 4, 5)]
    (warning,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warning.startswith(
        "fold0: Book does not take the training's course (nobody answers); the training goes on"
    )


def test_what_is_not_taken_in_the_end_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="handseg.tracking")
    following = follow(Book(failing=9), tmp_path)
    following.note(entry(1))
    following.note(entry(2))
    following.save()
    following.close("finished")
    assert "fold0: Book did not take the last 2 entries: they are lost" in caplog.text
    # Stopped, they are in the outbox.
    kept = outbox.load(tmp_path / "book.json")
    assert kept is not None
    assert [one.step for one in kept.entries] == [1, 2]


def test_a_training_that_has_no_state_yet_is_told_to_nobody(tmp_path: Path) -> None:
    book = Book()
    following = follow(book, tmp_path)
    following.note(entry(1))
    following.close("stopped")
    assert not book.trainings and not book.held and not list(tmp_path.iterdir())


def test_a_damaged_outbox_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = {"step": 1, "time_s": 1.0, "values": {}}
    entries = ({"step": -1}, {"time_s": float("inf")}, {"pictures": {"a": "?"}},
               {"pictures": {"a": "AAAA"}})  # fmt: skip
    for text in (
        *("{", "[]", json.dumps({"training": "../x"}), json.dumps({"entries": [1]})),
        *(json.dumps({"entries": [{**told, **wrong}]}) for wrong in entries),
    ):
        (tmp_path / "book.json").write_text(text, encoding="utf-8")
        assert outbox.load(tmp_path / "book.json") is None
        assert "book.json" in caplog.text and "told of a new training" in caplog.text
        caplog.clear()


def test_an_outbox_that_cannot_be_written_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert not outbox.save(tmp_path / "missing" / "book.json", outbox.Outbox())
    assert "after a kill, points may be missing" in caplog.text


def test_while_nobody_answers_no_more_is_kept_than_memory_can_hold(tmp_path: Path) -> None:
    book = Book()
    following = follow(book, tmp_path)
    for step in range(1, 10_101):
        following.note(entry(step, pictures=step <= 30))
    following.save()
    kept = outbox.load(tmp_path / "book.json")
    assert kept is not None
    assert [one.step for one in kept.entries] == list(range(101, 10_101))
    following.close("finished")
    assert [step for step, _ in book.held] == list(range(101, 10_101))


def test_of_many_pictures_the_newest_are_kept(tmp_path: Path) -> None:
    following = follow(Book(), tmp_path)
    for step in range(1, 31):
        following.note(entry(step, pictures=3))
    following.save()
    kept = outbox.load(tmp_path / "book.json")
    assert kept is not None
    assert [one.step for one in kept.entries if one.pictures] == list(range(11, 31))
    assert len(kept.entries) == 30
    following.close("finished")
