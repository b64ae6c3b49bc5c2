from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.settings import ModelSettings, TrainSettings
from handseg.training import shared_memory

QUEUES = 2**18


def settings(**changes: object) -> TrainSettings:
    model = ModelSettings(input_px=64, output_px=128)
    given = {"model": model, "batch_size": 3, "workers": 2, **changes}
    return TrainSettings(**given)  # type: ignore[arg-type]


def test_what_waits_is_reckoned_from_the_batches() -> None:
    # 64^2 bytes of image and 4 * 128^2 of target; 4 ahead for each of 2 workers, and 2 in use
    assert shared_memory.needed_bytes(settings()) == 3 * (4096 + 65536) * 10 + QUEUES


def test_coverage_takes_a_byte_for_every_bone() -> None:
    needed = shared_memory.needed_bytes(settings(target="coverage"))
    assert needed == 3 * (4096 + 29 * 16384) * 10 + QUEUES


def test_the_largest_side_counts() -> None:
    grown = settings(sizes_px=[128, 64], sizes_fraction=[0.5, 0.5])
    assert shared_memory.needed_bytes(grown) == 4 * 3 * (4096 + 65536) * 10 + QUEUES


def test_what_is_handed_over_is_whole_pages() -> None:
    small = settings(model=ModelSettings(input_px=16, output_px=16))
    # 3 * 256 and 3 * 4 * 256 bytes take a page of 4096 each
    assert shared_memory.needed_bytes(small) == 2 * 4096 * 10 + QUEUES


def test_no_worker_takes_nothing() -> None:
    assert shared_memory.needed_bytes(settings(workers=0)) == 0


def test_what_is_free_is_the_file_systems(tmp_path: Path) -> None:
    assert shared_memory.free_bytes(tmp_path) > 0


def test_too_little_is_refused_with_what_helps(tmp_path: Path) -> None:
    # 3 * (256^2 + 4 * 2048^2) * 10 bytes
    large = settings(model=ModelSettings(input_px=256, output_px=2048))
    said = (
        r"none: 0\.0 MB free, and 2 worker processes hand over up to 505\.5 MB .* workers 0, .*512m"
    )
    with pytest.raises(BadInput, match=said):
        shared_memory.require(large, tmp_path / "none")
    free = shared_memory.free_bytes(tmp_path)
    with pytest.raises(BadInput, match=r"MB free, and 2 worker processes"):
        shared_memory.require(settings(batch_size=free // 2**16), tmp_path)


def test_enough_passes_and_no_worker_asks_for_nothing(tmp_path: Path) -> None:
    shared_memory.require(settings(), tmp_path)
    shared_memory.require(settings(workers=0), tmp_path / "none")
