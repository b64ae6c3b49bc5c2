"""What holds for every network: sizes, heads, and where it starts."""

import pytest
import torch

from handseg.errors import BadInput
from handseg.models import catalogue
from handseg.models.network import HeadLogits, Network
from handseg.settings import ModelSettings

SMALL = [4, 6, 8]


def _small(name: str, *, input_px: int = 32, scale: int = 1) -> Network:
    torch.manual_seed(0)
    sides = {"input_px": input_px, "output_px": input_px * scale}
    if catalogue.encoder_names(name):
        return catalogue.build(ModelSettings(name=name, encoder="smoke", **sides))
    return catalogue.build(ModelSettings(name=name, filters=SMALL, **sides))


def _images(height: int = 32, width: int = 32) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", catalogue.NAMES)
@pytest.mark.parametrize("scale", [1, 4])
def test_main_logits_come_first_and_at_the_output_size(name: str, scale: int) -> None:
    heads = _small(name, scale=scale)(_images())
    assert heads[0].logits().shape == (2, 29, 32 * scale, 32 * scale)


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_evaluation_gives_the_main_head_alone_and_equals_native(name: str) -> None:
    network = _small(name, scale=2).eval()
    (head,) = network(_images())
    assert torch.equal(head.native, network.native(_images()))


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


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_any_multiple_of_the_stride_is_taken(name: str) -> None:
    network = _small(name, scale=2)
    height = 32 + network.stride
    assert network(_images(height, 32))[0].logits().shape == (2, 29, 2 * height, 64)


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_side_off_the_stride_is_refused_with_the_remedy(name: str) -> None:
    network = _small(name)
    with pytest.raises(BadInput, match=f"33x32, its sides must be multiples of {network.stride}"):
        network(_images(33, 32))
    with pytest.raises(BadInput, match="take 32 or "):
        network.native(_images(33, 32))


def test_number_of_levels_is_free() -> None:
    settings = ModelSettings(name="unet3plus_ds", filters=[2] * 6, input_px=64, output_px=64)
    heads = catalogue.build(settings)(_images(64, 64))
    assert len(heads) == 6
    assert heads[-1].native.shape[-1] == 64 // 2**5


def test_heads_are_listed_main_first() -> None:
    assert [head.in_channels for head in _small("unet3plus_ds").heads()] == [12, 12, 8]
    assert [head.in_channels for head in _small("unet3plus").heads()] == [12]
    assert [head.in_channels for head in _small("unet").heads()] == [4]


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_network_starts_near_the_bias_of_its_heads(name: str) -> None:
    network = _small(name, scale=4)
    with torch.no_grad():
        for head in network.heads():
            assert head.bias is not None
            head.bias.fill_(-5.0)
        for output in network(_images()):
            logits = output.logits()
            assert abs(logits.mean().item() + 5.0) < 0.3
            assert logits.std().item() < 0.6


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    network = _small(name, scale=2)
    total = torch.stack([(head.logits() ** 2).mean() for head in network(_images())]).sum()
    torch.autograd.backward(total)
    assert all(parameter.grad is not None for parameter in network.parameters())


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
