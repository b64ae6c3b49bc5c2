import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from handseg import peak_memory, provenance
from handseg.peak_memory import Watch
from handseg.provenance import Origin, Start

MB = 1 << 20
BUSY = "x = bytearray(150 << 20)\nsum(range(10**6))"


def _touch(megabytes: int) -> int:
    return int(np.ones(megabytes * MB, np.uint8)[::4096].sum())


def test_a_watch_counts_from_where_it_began() -> None:
    _touch(300)
    before = peak_memory.peak_bytes()
    watch = Watch.begin()
    after = watch.record()["peak_bytes"]
    assert watch.is_own and isinstance(after, int)
    assert after < before - 200 * MB
    _touch(100)
    assert peak_memory.peak_bytes() > after + 50 * MB


def test_where_the_system_lets_nobody_begin_anew_the_peak_is_said_to_be_of_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peak_memory, "_CLEAR", tmp_path / "none" / "clear_refs")
    assert Watch.begin().record()["is_own"] is False


def test_processes_that_ended_meanwhile_are_told_of() -> None:
    watch = Watch.begin()
    assert "worker_most_bytes" not in watch.record()
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    most = watch.record()["worker_most_bytes"]
    assert isinstance(most, int) and most > 150 * MB
    assert "worker_most_bytes" not in Watch.begin().record()


def test_a_record_of_a_start_holds_its_time_and_its_memory() -> None:
    start = Start.now()
    record = provenance.record(
        stage="split", settings={}, parents={}, origin=Origin(data=()), started=start
    )
    assert record["started"] == start.at.isoformat(timespec="milliseconds")
    memory = record["memory"]
    # git, which says the commit, is none of its workers
    assert isinstance(memory, dict) and set(memory) == {"peak_bytes", "is_own"}
