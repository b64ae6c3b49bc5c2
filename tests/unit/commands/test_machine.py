from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handseg.commands import machine, plan
from handseg.errors import BadInput
from handseg.presets import catalogue
from handseg.presets.catalogue import Preset
from handseg.settings import InferSettings
from handseg.storage.location import Location
from handseg.tracking import choice

SMOKE = catalogue.load("smoke")
WITH_GPU = {"train": catalogue.load("smoke", {"train": {"device": "cuda"}}),
            "infer": replace(SMOKE, infer=InferSettings(device="cuda"))}  # fmt: skip


def steps(preset: Preset, out: Path) -> list[plan.Step]:
    places = {name: Location(str(out / name)) for name in ("data", "run")}
    return plan.steps(preset, data=places["data"], out=places["run"], part="test")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("stage", ["train", "infer"])
def test_a_gpu_that_is_not_there_names_the_step(tmp_path: Path, stage: str) -> None:
    with pytest.raises(BadInput, match=f"^{stage} fold0: device is cuda, but torch"):
        machine.check(steps(WITH_GPU[stage], tmp_path))


def test_too_many_workers_for_shared_memory_name_the_step(tmp_path: Path) -> None:
    train = {"workers": 1000, "batch_size": 10_000}
    with pytest.raises(BadInput, match="^train fold0: /dev/shm: .* 1000 worker processes"):
        machine.check(steps(catalogue.load("smoke", {"train": train}), tmp_path))


def test_a_tracker_that_cannot_be_names_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(choice.TENSORBOARD, "s3://bucket/tb")
    with pytest.raises(BadInput, match="^train fold0: HANDSEG_TENSORBOARD='s3://bucket/tb': give"):
        machine.check(steps(SMOKE, tmp_path))


def test_what_is_there_already_asks_for_nothing(tmp_path: Path) -> None:
    planned = steps(WITH_GPU["train"], tmp_path)
    for step in planned:
        step.out.path.mkdir(parents=True)
        (step.out.path / "file").touch()
    machine.check(planned)


def test_a_run_on_the_cpu_passes(tmp_path: Path) -> None:
    machine.check(steps(SMOKE, tmp_path))
