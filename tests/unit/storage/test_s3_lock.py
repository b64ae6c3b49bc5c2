"""One writer at a time in an object store, and what killed ones leave there."""

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.storage import s3, s3_listing, s3_lock
from handseg.storage.local_process import Process
from handseg.storage.location import Location
from handseg.storage.s3_lock import Lease
from handseg.storage.writer import Writer

QUICK = Lease(seconds=1.0, beat_seconds=0.2)


@pytest.fixture
def target(object_store: Path) -> Location:
    return Location(f"s3://{object_store.name}/run/cache")


def locks(target: Location) -> dict[str, int]:
    return s3_listing.sizes(target.sibling(".cache.lock"))


def elsewhere(target: Location, name: str = "1") -> Location:
    """The lock of a writer on another machine, of which nothing but its object can be known."""
    lock = target.sibling(".cache.lock").child(name)
    process = ["another kernel", 1, "7"]
    known = {"host": "node-7", "since": "2026-01-02T03:04:05+00:00", "process": process}
    s3.put_text(lock, json.dumps({**known, "beats": 0}))
    return lock


def test_a_held_lock_refuses_at_once_and_says_who_holds_it(target: Location) -> None:
    with (
        s3_lock.holding(target),
        pytest.raises(BadInput, match=rf"{target}: process \d+ on .+ is writing it since 20"),
        s3_lock.holding(target, Lease(seconds=1e9)),
    ):
        pass
    assert locks(target) == {}
    with s3_lock.holding(target):
        pass


def test_of_many_that_begin_together_one_holds_it(target: Location) -> None:
    together, held, refused = threading.Barrier(6), [], []
    ended = threading.Event()

    def contend() -> None:
        together.wait()
        try:
            with s3_lock.holding(target, QUICK):
                held.append(1)
                ended.wait(30)
        except BadInput:
            refused.append(1)
            if len(refused) == 5:
                ended.set()

    threads = [threading.Thread(target=contend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 5)
    assert locks(target) == {}


def test_what_a_killed_process_of_this_machine_left_is_taken_over_at_once(
    target: Location,
) -> None:
    code = (
        "import os; from handseg.storage import s3_lock; from handseg.storage.location import *\n"
        f"with s3_lock.holding(Location({str(target)!r})): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert len(locks(target)) == 1
    with s3_lock.holding(target) as lock:
        assert lock.name.startswith("2")
        assert list(locks(target)) == [lock.name]


def test_what_the_dead_of_this_machine_left_is_removed_and_no_more(target: Location) -> None:
    elsewhere(target, "2")
    dead = Writer(process=replace(Process.here(), started="1"))
    s3.put_text(target.sibling(".cache.lock").child("1"), json.dumps(dead.record()))
    s3_lock.remove_dead(target)
    assert list(locks(target)) == ["2"]
    s3.delete(target.sibling(".cache.lock"), ["2"])
    with s3_lock.holding(target) as lock:
        s3_lock.remove_dead(target)
        assert list(locks(target)) == [lock.name]


def test_a_silent_writer_elsewhere_is_taken_over_after_its_lease(target: Location) -> None:
    elsewhere(target)
    began = time.monotonic()
    with s3_lock.holding(target, QUICK) as lock:
        assert time.monotonic() - began >= QUICK.seconds
        assert list(locks(target)) == [lock.name]


def test_a_writer_elsewhere_that_shows_signs_of_life_is_named(target: Location) -> None:
    lock = elsewhere(target)
    began = threading.Event()

    def live() -> None:
        began.wait(0.4)
        s3.put_text(lock, s3.read_text(lock).replace('"beats": 0', '"beats": 1'))

    thread = threading.Thread(target=live)
    thread.start()
    with (
        pytest.raises(BadInput, match="process 1 on node-7 is writing it since 2026-01-02T03"),
        s3_lock.holding(target, QUICK),
    ):
        pass
    thread.join()


def test_a_holder_shows_signs_of_life(target: Location) -> None:
    with s3_lock.holding(target, Lease(seconds=1, beat_seconds=0.05)) as lock:
        place = lock.folder.child(lock.name)
        seen: set[int] = set()
        limit = time.monotonic() + 20
        while len(seen) < 2 and time.monotonic() < limit:
            with suppress(MissingInput):  # for the moment in which rclone replaces it
                seen.add(json.loads(s3.read_text(place))["beats"])
        assert len(seen) == 2


def test_a_holder_that_another_took_over_from_may_not_publish(target: Location) -> None:
    with s3_lock.holding(target) as lock:
        lock.check()
        elsewhere(target, "2")
        with pytest.raises(BadInput, match="another process took over while this one was silent"):
            lock.check()


def test_a_damaged_lock_is_waited_for_and_then_taken(target: Location) -> None:
    s3.put_text(target.sibling(".cache.lock").child("1"), "no json")
    with s3_lock.holding(target, QUICK) as lock:
        assert list(locks(target)) == [lock.name]


def test_a_process_is_told_from_one_that_had_its_number() -> None:
    here = Process.here()
    assert here.is_here() and not here.has_ended()
    before = Process(here.machine, here.number, "1")
    assert before.has_ended() and not before.is_here()
    other = Process("another kernel", here.number, here.started)
    assert not other.is_here() and not other.has_ended()
    assert Process.of({"process": here.record()}) == here
    assert not Process.of({"process": 3}).has_ended()
