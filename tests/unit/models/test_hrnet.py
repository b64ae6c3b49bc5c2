"""HRNet has the published counts and the names of timm's weights."""

import pytest
import torch

from handseg.models.hrnet import LAYOUTS, HighResolution, HRNet, HRNetEncoder
from tests.unit.models.counting import parameters

# W48's branches have 48, 96, 192 and 384 channels, 720 together. The head for Cityscapes, which
# the paper gives as 65.9 M with the trunk:
#   720 720 + 720 b + 2 720 n + 720 19 + 19 b                                   =   534,259
# timm's classifier, which is none of ours and makes 77.5 M of the trunk:
#   a bottleneck for each branch: c w + w w 9 + 4 w w + 4 w c + 2 (w + w + 4 w + 4 w) n
#     with w 32, 64, 128, 256
#   three 3x3 of stride 2 with biases to 256, 512, 1024: 9 (128 256 + 256 512 + 512 1024), b, 2 n
#   1024 2048 + 2048 b + 2 2048 n, and 2048 1000 + 1000 b
W48 = 65_325_120
CITYSCAPES_HEAD = 720 * 720 + 3 * 720 + 720 * 19 + 19
CLASSIFIER = (
    sum(
        c * w + 9 * w * w + 4 * w * w + 4 * w * c + 2 * 10 * w
        for c, w in zip((48, 96, 192, 384), (32, 64, 128, 256), strict=True)
    )
    + 9 * (128 * 256 + 256 * 512 + 512 * 1024)
    + 3 * (256 + 512 + 1024)
    + 1024 * 2048
    + 3 * 2048
    + 2048 * 1000
    + 1000
)


def _encoder(size: str) -> HRNetEncoder:
    return HRNetEncoder(LAYOUTS[size])


def test_w48_has_the_published_count() -> None:
    with torch.device("meta"):
        network = HRNet(encoder=_encoder("w48"), class_count=19)
    assert parameters(network) == W48 + CITYSCAPES_HEAD == 65_859_379


def test_w48_with_its_classifier_has_the_published_count() -> None:
    with torch.device("meta"):
        assert parameters(_encoder("w48")) + CLASSIFIER == 77_469_864


def test_29_bones_change_the_head_alone() -> None:
    # 10 classes more than Cityscapes, of 720 weights and a bias each
    with torch.device("meta"):
        network = HRNet(encoder=_encoder("w48"), class_count=29)
    assert parameters(network) == 65_859_379 + 10 * 721


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("conv1.weight", (64, 3, 3, 3)),
        ("layer1.0.downsample.0.weight", (256, 64, 1, 1)),
        ("layer1.3.conv3.weight", (256, 64, 1, 1)),
        ("transition1.0.0.weight", (48, 256, 3, 3)),
        ("transition1.1.0.0.weight", (96, 256, 3, 3)),
        ("transition3.3.0.1.running_mean", (384,)),
        ("stage2.0.branches.1.3.bn2.bias", (96,)),
        ("stage3.3.fuse_layers.0.2.0.weight", (48, 192, 1, 1)),
        ("stage4.2.fuse_layers.3.0.0.0.weight", (48, 48, 3, 3)),
        ("stage4.2.fuse_layers.3.0.2.0.weight", (384, 48, 3, 3)),
    ],
)
def test_weights_have_the_names_and_shapes_of_timms(name: str, shape: tuple[int, ...]) -> None:
    with torch.device("meta"):
        assert tuple(HighResolution(LAYOUTS["w48"]).state_dict()[name].shape) == shape


def test_a_branch_for_each_stride_comes_out() -> None:
    encoder = _encoder("smoke").eval()
    maps = encoder(torch.rand(1, 3, 64, 96))
    assert [tuple(features.shape[1:]) for features in maps] == [
        (8, 16, 24), (16, 8, 12), (32, 4, 6), (64, 2, 3)
    ]  # fmt: skip
    assert encoder.channels == [8, 16, 32, 64]


def test_every_branch_hears_of_every_pixel_nearby() -> None:
    encoder = _encoder("smoke").eval()
    images = torch.rand(1, 3, 64, 64)
    changed = images.clone()
    changed[..., 32, 32] += 10
    for before, after in zip(encoder(images), encoder(changed), strict=True):
        assert not torch.equal(before, after)
