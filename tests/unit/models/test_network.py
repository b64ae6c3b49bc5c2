"""Networks that have filters: their heads and sizes (all networks: test_every_network)."""

import torch

from handseg.models import catalogue
from handseg.models.network import HeadLogits, Network
from handseg.settings import ModelSettings

SMALL = [4, 6, 8]


def _small(name: str, *, input_px: int = 32, scale: int = 1) -> Network:
    torch.manual_seed(0)
    return catalogue.build(
        ModelSettings(name=name, filters=SMALL, input_px=input_px, output_px=input_px * scale)
    )


def _images(height: int = 32, width: int = 32) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))


def test_supervised_form_has_a_head_on_every_level_at_the_output_size() -> None:
    heads = _small("unet3plus_ds_2048", scale=4)(_images())
    assert [head.native.shape[-1] for head in heads] == [32, 16, 8]
    assert [head.size for head in heads] == [(128, 128)] * 3
    assert [head.refine is not None for head in heads] == [True, False, False]


def test_efficient_form_enlarges_auxiliary_heads_four_times_only() -> None:
    network = _small("unet3plus_ds_2048_eff", scale=2)
    heads = network(_images())
    assert network.stride == 16
    assert [head.native.shape[-1] for head in heads] == [32, 8, 2]
    assert [head.size[0] for head in heads] == [64, 32, 8]


def test_number_of_levels_is_free() -> None:
    settings = ModelSettings(name="unet3plus_ds", filters=[2] * 6, input_px=64, output_px=64)
    heads = catalogue.build(settings)(_images(64, 64))
    assert len(heads) == 6
    assert heads[-1].native.shape[-1] == 64 // 2**5


def test_heads_are_listed_main_first() -> None:
    assert [head.in_channels for head in _small("unet3plus_ds").heads()] == [12, 12, 8]
    assert [head.in_channels for head in _small("unet3plus").heads()] == [12]
    assert [head.in_channels for head in _small("unet").heads()] == [4]


def test_classes_enlarge_one_by_one_as_all_at_once() -> None:
    network = _small("unet", scale=4)
    head: HeadLogits = network(_images())[0]
    with torch.no_grad():
        assert head.refine is not None
        for parameter in head.refine.parameters():
            parameter.uniform_(-1, 1)
        whole = head.logits()
        parts = torch.cat([head.logits(first, first + 1) for first in range(29)], dim=1)
    torch.testing.assert_close(parts, whole)
