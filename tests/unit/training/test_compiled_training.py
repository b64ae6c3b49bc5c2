"""With `compile`, a training takes the same steps and leaves the same names."""

from dataclasses import replace
from importlib import import_module

import pytest
import torch

from handseg.errors import BadInput
from handseg.inference import compiled
from handseg.settings import TrainSettings
from handseg.training.data import Batch
from handseg.training.trainer import Trainer
from tests.smallest import smallest

# torch's compiler imports a deprecated part of torch.
pytestmark = [pytest.mark.compiler, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
PLAIN = TrainSettings(
    model=smallest("unet3plus_ds_2048", input_px=32, output_px=64),
    sizes_px=[16, 32],
    sizes_fraction=[0.5, 0.5],
    ema=0.5,
)


def _batch(side: int) -> Batch:
    pixels = torch.arange(2 * side * side).remainder(251).to(torch.uint8)
    field = torch.zeros(2, 2 * side, 2 * side, dtype=torch.int32)
    field[:, side // 2 : side] = 0b101
    return Batch(pixels.view(2, side, side), field, ["a.png", "b.png"])


def _trainer(settings: TrainSettings) -> Trainer:
    return Trainer(settings, device=torch.device("cpu"), dtype=torch.float32, prior=[0.1] * 29)


def test_steps_at_growing_sizes_are_those_without_it() -> None:
    plain, fast = _trainer(PLAIN), _trainer(replace(PLAIN, compile=True))
    for side in (16, 16, 32, 32):
        expected = plain.step(_batch(side), 1e-3)
        assert fast.step(_batch(side), 1e-3) == pytest.approx(expected, rel=1e-3)
    assert not any("_orig_mod" in name for name in fast.tensors())
    assert fast.tensors().keys() == plain.tensors().keys()
    plain.load(fast.tensors())


def test_without_a_compiler_it_is_refused_with_the_remedy() -> None:
    compiled.require.cache_clear()
    torch.compiler.reset()
    inductor = import_module("torch._inductor.config")
    refused = pytest.raises(
        BadInput, match=r"compile is true, .* on cpu .*install a C\+\+ compiler"
    )
    with inductor.patch({"cpp.cxx": ("/nowhere/g++",)}), refused:
        _trainer(replace(PLAIN, compile=True))
