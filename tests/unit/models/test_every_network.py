"""What holds for every network of the catalogue, each in its smallest configuration."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from handseg.errors import BadInput
from handseg.models import catalogue
from handseg.models.network import Network
from tests.smallest import smallest

every_network = pytest.mark.parametrize("name", catalogue.NAMES)


def _network(name: str, *, output_px: int = 64, seed: int = 0) -> Network:
    torch.manual_seed(seed)
    return catalogue.build(smallest(name, output_px=output_px))


def _images(height: int = 64, width: int = 64) -> torch.Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))


@every_network
@pytest.mark.parametrize("output_px", [64, 4 * 64, 5 * 64 // 2])
def test_main_logits_come_first_and_at_the_output_size(name: str, output_px: int) -> None:
    network = _network(name, output_px=output_px)
    main = network(_images())[0]
    assert main.logits().shape == (2, 29, output_px, output_px)
    assert main.native.shape[-1] * network.native_stride == 64
    assert (network.refine is not None) == (main.refine is not None) == (output_px > 64)


@every_network
def test_evaluation_gives_the_main_head_alone_and_equals_native(name: str) -> None:
    network = _network(name, output_px=128).eval()
    (head,) = network(_images())
    assert torch.equal(head.native, network.native(_images()))


@every_network
def test_a_head_is_listed_for_each_logits_in_order(name: str) -> None:
    network = _network(name)
    convolutions, found = network.heads(), network(_images())
    assert len(convolutions) == len(found)
    with torch.no_grad():
        for convolution in convolutions[1:]:
            convolution.weight.zero_()
            assert convolution.bias is not None
            convolution.bias.fill_(7)
    silenced = network(_images())
    assert not (silenced[0].native == 7).any()
    assert all((head.native == 7).all() for head in silenced[1:])


@every_network
def test_images_need_not_be_square(name: str) -> None:
    network = _network(name, output_px=128)
    assert network(_images(64, 96))[0].logits().shape == (2, 29, 128, 192)


@every_network
def test_side_off_the_stride_is_refused_with_the_remedy(name: str) -> None:
    network = _network(name)
    with pytest.raises(BadInput, match=f"65x64, its sides must be multiples of {network.stride}"):
        network(_images(65, 64))
    with pytest.raises(BadInput, match="take 64 or "):
        network.native(_images(65, 64))


@every_network
def test_network_starts_near_the_bias_of_its_heads(name: str) -> None:
    network = _network(name, output_px=256)
    with torch.no_grad():
        for head in network.heads():
            assert head.bias is not None
            head.bias.fill_(-5.0)
        for output in network(_images()):
            logits = output.logits()
            assert abs(logits.mean().item() + 5.0) < 0.3
            assert logits.std().item() < 0.6


@every_network
def test_every_parameter_gets_a_gradient(name: str) -> None:
    network = _network(name, output_px=128)
    total = torch.stack([(head.logits() ** 2).mean() for head in network(_images())]).sum()
    torch.autograd.backward(total)
    without = [
        parameter_name
        for parameter_name, parameter in network.named_parameters()
        if parameter.grad is None or not torch.isfinite(parameter.grad).all()
    ]
    assert not without


@every_network
def test_saved_and_loaded_weights_give_equal_logits(name: str, tmp_path: Path) -> None:
    network = _network(name, output_px=128)
    network(_images())  # the normalisations' running statistics move
    path = tmp_path / "model.safetensors"
    save_file(dict(network.state_dict()), path)
    other = _network(name, output_px=128, seed=1)
    with torch.no_grad():
        expected = network.eval()(_images())[0].logits()
        assert not torch.equal(other.eval()(_images())[0].logits(), expected)
        other.load_state_dict(load_file(path))
        assert torch.equal(other(_images())[0].logits(), expected)


@every_network
def test_the_seed_decides_the_initial_weights(name: str) -> None:
    one, same = _network(name).state_dict(), _network(name).state_dict()
    other = _network(name, seed=1).state_dict()
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)
