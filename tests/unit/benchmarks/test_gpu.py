"""Every line of the GPU benchmark but its entry runs on a CPU; the entry asks for a GPU."""

import json
from pathlib import Path

import pytest
import torch

from tests.benchmarks.gpu import __main__ as entry
from tests.benchmarks.gpu import line, plain, training
from tests.benchmarks.gpu.case import MODELS, Case, Sizes
from tests.benchmarks.row import Unequal

CPU = torch.device("cpu")
SMALL = Sizes(
    people=2, image_px=64, input_px=32, output_px=64, filters=[2, 3, 4], batch_size=2, workers=0,
    warm=1, steps=2, images=2, matrix_side=32, compile=False,
)  # fmt: skip
FIGURES = (
    "train_speed",
    "train_memory",
    "train_share",
    "train_wait",
    "infer_speed",
    "infer_memory",
)


@pytest.mark.long
def test_every_figure_of_every_network_is_measured_and_written(tmp_path: Path) -> None:
    found = entry.run(CPU, SMALL)
    entry.show(found, "cpu")
    entry.write(found, tmp_path / "bench.json")
    lines = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in lines] == [f"gpu_{f}_{m}" for m in MODELS for f in FIGURES]
    assert all({"baseline", "ours", "ratio", "goal", "met"} <= one.keys() for one in lines)
    for one in lines:
        assert one["ours"] >= 0 and isinstance(one["met"], bool)


def test_sides_that_differ_are_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(tmp_path, MODELS[0], CPU, SMALL)
    batch = next(training._batches(case, 1))
    monkeypatch.setattr(plain, "planes", lambda field: torch.zeros(1, 29, *field.shape[-2:]))
    with pytest.raises(Unequal, match="loss is .*, plainly"):
        training.compare(case, batch)


def test_without_a_gpu_it_says_so_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert entry.bench(json=str(tmp_path / "none.json")) == 2
    assert "finds no CUDA device; run it where `nvidia-smi` lists one" in capsys.readouterr().err
    assert not (tmp_path / "none.json").exists()


def test_ratios_say_how_many_times_better() -> None:
    fast = line.faster("f", "", baseline=2.0, ours=6.0, unit="images/s", goal=4)
    small = line.smaller("s", "", baseline=6.0, ours=2.0, unit="bytes", goal=3)
    waits = line.share("w", "", ours=0.3, goal=0.2, aim="most")
    assert (fast.ratio, fast.met) == (3.0, False)
    assert (small.ratio, small.met) == (3.0, True)
    assert (waits.ratio, waits.met) == (None, False)
