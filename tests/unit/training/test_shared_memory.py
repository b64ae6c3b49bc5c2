from pathlib import Path

from handseg.settings import ModelSettings, TrainSettings
from handseg.training import shared_memory


def settings(**changes: object) -> TrainSettings:
    model = ModelSettings(input_px=64, output_px=128)
    return TrainSettings(model=model, **{"batch_size": 3, "workers": 2, **changes})  # type: ignore[arg-type]


def test_what_waits_is_reckoned_from_the_batches() -> None:
    # 64^2 bytes of image and 4 * 128^2 of target; 4 ahead for each of 2 workers, and 2 in use
    assert shared_memory.needed_bytes(settings()) == 3 * (4096 + 65536) * 10


def test_coverage_takes_a_byte_for_every_bone() -> None:
    assert shared_memory.needed_bytes(settings(target="coverage")) == 3 * (4096 + 29 * 16384) * 10


def test_the_largest_side_counts() -> None:
    grown = settings(sizes_px=[128, 64], sizes_fraction=[0.5, 0.5])
    assert shared_memory.needed_bytes(grown) == 4 * shared_memory.needed_bytes(settings())


def test_no_worker_takes_nothing() -> None:
    assert shared_memory.needed_bytes(settings(workers=0)) == 0


def test_what_is_free_is_the_file_systems(tmp_path: Path) -> None:
    assert shared_memory.free_bytes(tmp_path) > 0
