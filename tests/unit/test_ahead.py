import threading
import time

import pytest

from handseg.ahead import work_ahead


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.02 if item == 0 else 0)
        return item * item

    assert list(work_ahead(slow_first, range(20))) == [item * item for item in range(20)]


def test_no_more_than_a_few_results_wait_for_a_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    begun = []

    def note(item: int) -> int:
        begun.append(item)
        return item

    results = work_ahead(note, range(100))
    assert next(results) == 0
    time.sleep(0.05)
    assert len(begun) <= 2 * 3 + 1
    assert list(results) == list(range(1, 100))


def test_the_first_error_ends_the_work() -> None:
    begun = []

    def fail_at_three(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise ValueError("three")
        return item

    with pytest.raises(ValueError, match="three"):
        list(work_ahead(fail_at_three, range(1000)))
    assert len(begun) < 1000


def test_no_thread_is_left_when_the_reader_stops_early() -> None:
    results = work_ahead(lambda item: item, range(100))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("handseg-ahead")]
