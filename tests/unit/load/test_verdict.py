import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.load.__main__ import short_of_disk, show, written
from tests.load.amount import LOADS
from tests.load.tree import Taken
from tests.load.verdict import ROOM_MB, Verdict


def verdict(peak_mb: float = 100, cpu_s: float = 40, files: int = 20) -> Verdict:
    """A quarter took 100 MB, 10 s and 20 files."""
    return Verdict(
        load="large",
        command="check",
        images=(272, 1088),
        taken=(Taken(6, 10, 100, 20), Taken(24, cpu_s, peak_mb, files)),
    )


def test_the_loads_are_the_competitions_and_ten_thousand() -> None:
    large, many = LOADS["large"], LOADS["many"]
    assert (large.people, 2 * large.test_people, large.size_px) == (400, 288, 2048)
    assert many.images == 10_000
    assert large.quarter.images * 4 == large.images


def test_constant_memory_and_linear_time_have_no_fault() -> None:
    assert verdict().faults == []
    assert verdict(peak_mb=100 * 1.15 + ROOM_MB).faults == []
    assert verdict().slower == pytest.approx(1)


def test_memory_that_grows_is_named() -> None:
    (fault,) = verdict(peak_mb=140).faults
    assert fault == (
        "large, check: from 272 images to 1,088 the peak grows from 100 to 140 MB; "
        f"at most 15% and {ROOM_MB:.0f} MB are expected"
    )


def test_time_that_is_worse_than_linear_is_named() -> None:
    (fault,) = verdict(cpu_s=160).faults
    assert "an image takes 4.0 times the processor's time" in fault


def test_files_that_stay_open_are_named() -> None:
    (fault,) = verdict(files=1020).faults
    assert "open files grow from 20 to 1020" in fault


def test_verdicts_are_shown_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    show([verdict(peak_mb=140)])
    assert "+40.0%" in capsys.readouterr().out
    found = json.loads(written([verdict(peak_mb=140)]))
    (command,) = found["commands"]
    assert command["memory_growth"] == pytest.approx(0.4)
    assert command["images"] == [272, 1088] and len(command["faults"]) == 1
    assert command["taken"][1]["peak_mb"] == 140


def test_a_disk_too_small_is_said_before_anything_is_made(tmp_path: Path) -> None:
    vast = replace(LOADS["large"], size_px=10_000_000)
    said = short_of_disk(tmp_path, [LOADS["many"], vast])
    # 1,088 images of 1e14 pixels, 2 bytes each
    assert said.startswith(f"{tmp_path}: needs 217600000.0 GB, ")
    assert said.endswith("give --folder on a larger disk")
    assert short_of_disk(tmp_path, [replace(vast, size_px=1)]) == ""
