"""A device asked for is given or refused; bf16 is automatic only where it is native."""

import pytest
import torch

from handseg.errors import BadInput
from handseg.inference import device


@pytest.fixture
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def _cpu_with(monkeypatch: pytest.MonkeyPatch, **capabilities: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)


@pytest.mark.usefixtures("_no_gpu")
def test_gpu_asked_for_and_absent_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadInput, match="device is cuda, but torch .*; give device auto"):
        device.choose_device("cuda")


@pytest.mark.usefixtures("_no_gpu")
def test_auto_takes_the_cpu_where_there_is_no_gpu() -> None:
    assert device.choose_device("auto") == torch.device("cpu")


def test_auto_takes_a_gpu_and_cpu_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.choose_device("auto").type == "cuda"
    assert device.choose_device("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16"])
def test_cpu_with_bf16_takes_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _cpu_with(monkeypatch, avx2=True, **{name: True})
    assert device.choose_precision("auto", torch.device("cpu")) == torch.bfloat16


def test_cpu_without_bf16_takes_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    _cpu_with(monkeypatch, avx2=True, avx512_bf16=False)
    assert device.choose_precision("auto", torch.device("cpu")) == torch.float32


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), "float32"), ((8, 0), "bfloat16")])
def test_gpu_takes_bf16_from_ampere_on(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
    assert device.choose_precision("auto", torch.device("cuda")) == getattr(torch, dtype)


def test_precision_asked_for_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    _cpu_with(monkeypatch)
    assert device.choose_precision("bf16", torch.device("cpu")) == torch.bfloat16
    assert device.choose_precision("float32", torch.device("cpu")) == torch.float32
