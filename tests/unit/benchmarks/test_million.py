"""The README's reckoning is what its formulas give."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.million import page
from tests.benchmarks.reckoning import Given, Reckoned

README = Path(__file__).parents[3] / "README.md"
# Round numbers: 0.5 * 1000 TFLOP/s and 250 GMAC make 1 ms a forward pass.
GIVEN = Given(
    images=3.6e6, members=5, cores=10, forward=250, peak=1000, share=0.5, preprocess=0.1,
    beside=0.005, vote=0.05, disk=1000, png=2, cache=0.4, store=0.1, csv=0.1, gpu_hour=2,
    core_hour=0.1, month=0.01, puts=0.01, gets=0.001,
)  # fmt: skip


def test_the_readme_holds_what_is_reckoned() -> None:
    assert page() in README.read_text(encoding="utf-8")


def test_hours_are_those_of_the_slowest_part_of_a_machine() -> None:
    reckoned = Reckoned(GIVEN, 4)
    assert reckoned.preprocess_h == pytest.approx(10)  # 3.6e6 * 0.1 s / 10 cores
    assert reckoned.infer_h == pytest.approx(1.25)  # 3.6e6 * 5 * 1 ms / 4
    # 20 ms of cores / 10 are 2 ms, more than the network's 1; 4 MB of cache are 4 ms.
    assert Reckoned(replace(GIVEN, beside=0.02), 4).infer_h == pytest.approx(2.5)
    assert Reckoned(replace(GIVEN, cache=4), 4).infer_h == pytest.approx(5)
    assert reckoned.vote_h == pytest.approx(1.25)  # 3.6e6 * 0.05 / 10 / 4
    # 5 members on 4 machines take two rounds of 4 * 360 GB at 1 GB/s.
    assert reckoned.merge_h == pytest.approx(0.8)
    assert Reckoned(GIVEN, 1).merge_h == 0
    assert reckoned.fetch_h == pytest.approx(0.5)  # 5 * 360 GB at 1 GB/s


def test_storage_and_cost_add_up() -> None:
    reckoned = Reckoned(GIVEN, 4)
    assert reckoned.kept_bytes == pytest.approx(3.6e6 * (2 + 0.4 + 5 * 0.1 + 0.1) * 1e6)
    assert reckoned.gpu_cost == pytest.approx(1.25 * 4 * 2)
    # Preprocessing 10 h, merging 4 * 0.8 h, the vote 4 * (0.5 + 1.25) h: 20.2 h of 10 cores.
    assert reckoned.core_cost == pytest.approx(20.2 * 10 * 0.1)
    assert reckoned.storage_cost == pytest.approx(10_800 * 0.01)


def test_requests_are_those_of_the_images_and_of_parts() -> None:
    small = Reckoned(replace(GIVEN, images=1000, store=0.001, csv=0.001), 2)
    # Shards of 0.5 MB, stores of 1 MB, CSVs of 0.5 MB: one request each; the cache's 400 MB are 24
    # parts, begun and ended.
    assert small.writes == 26 + 2 * 5 + 5 + 2
    assert small.reads == 1000 * (2 + 5) + 5 * (2 + 2)


def test_a_page_has_a_column_for_each_number_of_gpus() -> None:
    first = page([3, 9]).splitlines()[0]
    assert first == "| | formula | 3 GPUs | 9 GPUs |"
