"""Encoders give maps of the sizes they state, and of the colours published weights know."""

import pytest
import torch

from handseg.images import normalise
from handseg.models.encoder_sizes import SIZES
from handseg.models.encoders import Encoder, ImageNetColours, encoder
from handseg.models.fcn import FCN

every_family = pytest.mark.parametrize("family", SIZES)


def _smoke(family: str, *, output_stride: int = 32) -> Encoder:
    torch.manual_seed(0)
    return encoder(family, "smoke", output_stride=output_stride)


def _images(side: int = 64) -> torch.Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1))


def _parameters(family: str, size: str) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in encoder(family, size).parameters())


@every_family
def test_maps_have_the_stated_channels_and_strides(family: str) -> None:
    made = _smoke(family)
    found = made(_images())
    assert [features.shape[1] for features in found] == made.channels
    assert [64 // features.shape[2] for features in found] == made.strides
    assert made.strides[-1] == 32


@every_family
def test_every_parameter_gets_a_gradient(family: str) -> None:
    made = _smoke(family)
    torch.autograd.backward(torch.stack([(m**2).mean() for m in made(_images())]).sum())
    assert not [name for name, tensor in made.named_parameters() if tensor.grad is None]


@every_family
def test_signal_neither_vanishes_nor_explodes_in_initial_weights(family: str) -> None:
    with torch.no_grad():
        for features in _smoke(family)(_images(128)):
            assert 0.1 < features.std().item() < 10


def test_published_sizes_have_their_published_counts() -> None:
    # torchvision's ResNets less the classifier's 1000 (width + 1): 11,689,512 - 513,000,
    # 21,797,672 - 513,000, 25,557,032 - 2,049,000, 44,549,160 - 2,049,000.
    assert _parameters("resnet", "18") == 11_176_512
    assert _parameters("resnet", "34") == 21_284_672
    assert _parameters("resnet", "50") == 23_508_032
    assert _parameters("resnet", "101") == 42_500_160
    # Published 5,288,548; less the classifier's 1000 (1280 + 1), the convolution to 1280 channels
    # before it, 320 1280, and that one's normalisation, 2 1280.
    assert _parameters("efficientnet", "b0") == 5_288_548 - 1_281_000 - 409_600 - 2_560
    # Published 28,288,354 less the classifier's 1000 (768 + 1) and the norm before it, 2 768; and
    # with one for each map, 2 (96 + 192 + 384 + 768).
    assert _parameters("swin", "tiny") == 28_288_354 - 769_000 - 1_536 + 2_880
    # Published 28,589,128, likewise.
    assert _parameters("convnext", "tiny") == 28_589_128 - 769_000 - 1_536 + 2_880


def test_grey_images_come_out_in_the_normalisation_of_published_weights() -> None:
    grey = torch.tensor([[[0, 255]]], dtype=torch.uint8)
    found = ImageNetColours()(normalise.to_tensor(grey))
    # Black is (0 - mean) / deviation, white (1 - mean) / deviation of red, green and blue.
    black, white = [-2.1179, -2.0357, -1.8044], [2.2489, 2.4286, 2.6400]
    expected = torch.tensor([black, white]).T.reshape(1, 3, 1, 2)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("output_stride", [16, 8])
def test_dilated_maps_hold_the_halved_ones(output_stride: int) -> None:
    # Dilation computes what halving does at every pixel, so at every second one it is the same.
    halved, dilated = _smoke("resnet").eval(), _smoke("resnet", output_stride=output_stride).eval()
    with torch.no_grad():
        before, after = halved(_images(96)), dilated(_images(96))
    for coarse, fine, stride in zip(before, after, dilated.strides, strict=True):
        step = fine.shape[-1] // coarse.shape[-1]
        assert fine.shape[-1] == 96 // stride
        torch.testing.assert_close(fine[..., ::step, ::step], coarse)


def test_left_out_branches_keep_the_mean() -> None:
    drops = [m for m in encoder("efficientnet", "b0").modules() if hasattr(m, "probability")]
    drop = drops[14].train()
    torch.manual_seed(0)
    found = drop(torch.ones(4000, 1, 1, 1))
    # The rate grows from 0 in the first of the 16 blocks towards 0.2.
    torch.testing.assert_close(found.unique(), torch.tensor([0, 1 / (1 - 0.2 * 14 / 16)]))
    assert abs(found.mean().item() - 1) < 0.02
    assert torch.equal(drop.eval()(found), found)


def test_a_network_around_it_keeps_its_initial_weights() -> None:
    alone = _smoke("resnet").state_dict()
    around = FCN(encoder=_smoke("resnet"), class_count=2).encoder.state_dict()
    assert all(torch.equal(alone[name], tensor) for name, tensor in around.items())


def test_unknown_size_and_impossible_stride_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no encoder is called resnet 51; .*'50', '101'"):
        encoder("resnet", "51")
    with pytest.raises(ValueError, match="swin has no output stride 8"):
        encoder("swin", "tiny", output_stride=8)
    with pytest.raises(ValueError, match="resnet has no output stride 4"):
        encoder("resnet", "50", output_stride=4)
