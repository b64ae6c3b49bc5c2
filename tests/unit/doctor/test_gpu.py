import os
from pathlib import Path
from typing import Any

import pytest

from handseg.doctor import gpu
from handseg.doctor.asked import Asked
from handseg.doctor.gpu import Listed
from handseg.presets import catalogue

H200 = {"name": "NVIDIA H200", "memory_bytes": 139 * 2**30, "bf16": True}
LISTED = Listed(["NVIDIA H200"], "580.65.06")
WITH_CUDA: dict[str, Any] = {"torch": "2.13.0", "cuda": "13.0", "gpus": [], "said": ""}
WITHOUT_CUDA = {**WITH_CUDA, "torch": "2.13.0+cpu", "cuda": None}


def on_gpu() -> Asked:
    """A preset that wants a GPU and nothing else."""
    return Asked(preset=catalogue.load("smoke", {"train": {"device": "cuda"}}))


def test_a_gpu_is_named_with_memory_driver_and_precision() -> None:
    check = gpu.of(on_gpu(), LISTED, {**WITH_CUDA, "gpus": [H200]})
    assert check.state == "ok"
    assert check.found == ("NVIDIA H200, 139 GiB, bf16, driver 580.65.06; torch 2.13.0, CUDA 13.0")


def test_a_gpu_that_torchs_build_cannot_use_is_named() -> None:
    check = gpu.of(Asked(), LISTED, WITHOUT_CUDA)
    assert check.state == "warning"
    assert "torch 2.13.0+cpu is a build without CUDA" in check.found
    assert "pip install --force-reinstall" in check.remedy
    assert gpu.of(on_gpu(), LISTED, WITHOUT_CUDA).state == "failed"


def test_an_old_driver_is_quoted() -> None:
    said = "The NVIDIA driver on your system is too old"
    check = gpu.of(on_gpu(), LISTED, {**WITH_CUDA, "said": said})
    assert check.state == "failed"
    assert said in check.found and "driver" in check.remedy


def test_none_is_well_unless_it_is_wanted() -> None:
    assert gpu.of(Asked(), Listed(), WITHOUT_CUDA).state == "ok"
    check = gpu.of(on_gpu(), Listed(), WITHOUT_CUDA)
    assert check.state == "failed" and "--gpus all" in check.remedy


def test_a_published_network_without_a_gpu_is_a_warning() -> None:
    check = gpu.of(Asked(preset=catalogue.load("seed_eff")), Listed(), WITHOUT_CUDA)
    assert check.state == "warning"
    assert "preset seed_eff trains at 2048 px" in check.remedy


def test_torch_is_asked_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'NVIDIA H200, 580.65.06'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (check,) = gpu.look(Asked())
    # A machine with a GPU of its own says so; all others, that torch cannot use this one.
    assert check.name == "gpu" and "driver 580.65.06" in check.found and "torch 2." in check.found
