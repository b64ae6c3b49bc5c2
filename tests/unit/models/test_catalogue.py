"""Networks have the published shapes and sizes, and refuse others with the remedy."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from handseg.errors import BadInput
from handseg.models import catalogue
from handseg.models.unet3plus import UNet3Plus
from handseg.settings import ModelSettings
from tests.smallest import smallest

# How 27,052,445 comes about; w is 9 per pair of channels, b a bias, n the two of a BatchNorm.
#   encoder   (3 + 64) 64 9 + 2 (64 b + 128 n) and so on for 128, 256, 512, 1024  = 18,851,136
#   branches  per decoder level 64 9 (sum of channels in) + 5 (64 b + 128 n)
#               level 3: 64 + 128 + 256 + 512 + 1024            = 1984
#               level 2: 64 + 128 + 256       + 1024 + 320      = 1792
#               level 1: 64 + 128             + 1024 + 2 320    = 1856
#               level 0: 64                   + 1024 + 3 320    = 2048
#             576 (1984 + 1792 + 1856 + 2048) + 4 5 192
#   fusions   4 (320 320 9 + 320 b + 640 n)                                    = 3,690,240
#   main head 320 29 9 + 29 b                                                  =    83,549
# With 1 channel in and 1 out, as published: - 2 64 9 in the encoder, - 28 (2880 + 1) in the head.
# So every convolution before a BatchNorm has a bias; without those it would be 6,528 fewer.
ENCODER = sum(
    9 * (before + count) * count + 2 * 3 * count
    for before, count in zip((3, 64, 128, 256, 512), (64, 128, 256, 512, 1024), strict=True)
)
DECODER = 4_427_520 + 3_690_240
MAIN_HEAD = 83_549
# Three more heads of the decoder's 320 channels and one of the encoder's 1024: 1024 29 9 + 29.
AUXILIARY_HEADS = 3 * MAIN_HEAD + 267_293
# 29 classes, 2 channels of 9 weights and a bias each, then 1 channel of 18 weights and a bias.
REFINE = 29 * (2 * 10 + 19)


@cache
def _described() -> dict[str, catalogue.Description]:
    return {entry.name: entry for entry in catalogue.describe()}


def _parameters(name: str) -> int:
    return _described()[name].parameters


def test_plain_network_has_the_published_count() -> None:
    assert ENCODER + DECODER + MAIN_HEAD == 27_052_445
    assert _parameters("unet3plus") == 27_052_445


def test_one_channel_in_and_out_has_the_published_count() -> None:
    with torch.device("meta"):
        network = UNet3Plus((64, 128, 256, 512, 1024), class_count=1, input_channels=1)
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == 27_052_445 - 2 * 64 * 9 - 28 * 2881 == 26_970_625


def test_deep_supervision_adds_four_heads() -> None:
    assert 27_052_445 + AUXILIARY_HEADS == 27_570_385
    assert _parameters("unet3plus_ds") == 27_570_385


def test_enlarged_form_adds_two_grouped_convolutions() -> None:
    assert REFINE == 1_131
    assert _parameters("unet3plus_ds_2048") == 27_570_385 + REFINE == 27_571_516


def test_efficient_form_has_the_counted_size() -> None:
    assert _parameters("unet3plus_ds_2048_eff") == 5_816_356


def test_compact_network_has_its_size() -> None:
    # The image's 3 channels times 2x2 pixels come in.
    # Encoder 9 (before + count) count + 4 count;
    # decoder coarse fine + 9 (fine + fine) fine + 4 fine.
    filters = (32, 64, 128, 192)
    before = (12, *filters[:-1])
    encoder = sum(9 * (a + b) * b + 4 * b for a, b in zip(before, filters, strict=True))
    decoder = sum(
        a * b + 9 * 2 * a * a + 4 * a for a, b in zip(filters[:-1], filters[1:], strict=True)
    )
    assert encoder + decoder + 32 * 29 * 4 + 29 * 4 == 1_270_388
    assert _parameters("unet") == 1_270_388


# What 29 classes instead of the published number add: per class one weight for each channel of a
# 1x1 head (9 of a 3x3 one) and a bias.


def test_fcn_has_torchvisions_count() -> None:
    # fcn_resnet101 with its auxiliary head and 21 classes is 54,314,346; the heads see 512 and 256.
    assert _parameters("fcn_resnet101") == 54_314_346 + 8 * (512 + 1) + 8 * (256 + 1)


def test_unet_on_efficientnet_has_the_usual_count_less_what_gets_no_gradient() -> None:
    # segmentation_models_pytorch's Unet, efficientnet-b0, 1 class, is 6,251,469; its encoder has
    # the convolution 320 -> 1280 of the classifier and its normalisation, which feed nothing.
    unused = 320 * 1280 + 2 * 1280
    assert _parameters("unet_efficientnet_b0") == 6_251_469 - unused + 28 * (9 * 16 + 1)


def test_unetplusplus_has_the_usual_count() -> None:
    # segmentation_models_pytorch's UnetPlusPlus, resnet34, 1 class, is 26,078,609.
    assert _parameters("unetplusplus") == 26_078_609 + 28 * (9 * 16 + 1)


def test_deeplabv3plus_has_the_count_of_its_layout() -> None:
    # segmentation_models_pytorch's DeepLabV3Plus; norm n is two values per channel.
    #   pyramid   2048 -> 256 joined, and from the whole image    2 (2048 256 + 512 n)
    #             three separable                                 3 (9 2048 + 2048 256 + 512 n)
    #             all five to 256                                 1280 256 + 512 n
    #   after it  separable                                       9 256 + 256 256 + 512 n
    #   fine map  256 -> 48                                       256 48 + 96 n
    #   decoder   separable 304 -> 256                            9 304 + 304 256 + 512 n
    #   head      256 -> 29                                       256 29 + 29
    pyramid = 2 * 524_800 + 3 * 543_232 + 328_192
    decoder = 68_352 + 12_384 + 81_072
    assert pyramid + decoder == 3_169_296
    assert _parameters("deeplabv3plus_resnet101") == 42_500_160 + 3_169_296 + 29 * 257


@pytest.mark.parametrize(
    ("name", "input_px", "output_px", "gmac"),
    [
        ("unet3plus", 512, 512, 812),
        ("unet3plus_ds", 512, 512, 819),
        ("unet3plus_ds_2048", 512, 2048, 824),
        ("unet3plus_ds_2048_eff", 1024, 2048, 540),
    ],
)
def test_one_image_costs_the_counted_multiplications(
    name: str, input_px: int, output_px: int, gmac: int
) -> None:
    with torch.device("meta"):
        network = catalogue.build(ModelSettings(name=name, input_px=input_px, output_px=output_px))
        with FlopCounterMode(display=False) as counter:
            for head in network(torch.zeros(1, 3, input_px, input_px)):
                head.logits()
    assert round(counter.get_total_flops() / 2e9) == gmac


def test_published_sides_are_listed() -> None:
    sides = {name: (entry.input_px, entry.output_px) for name, entry in _described().items()}
    assert tuple(sides) == catalogue.NAMES
    assert sides["unet3plus_ds_2048"] == (512, 2048)
    assert sides["unet3plus_ds_2048_eff"] == (1024, 2048)


def test_stride_follows_from_levels_and_pooling() -> None:
    assert catalogue.stride(ModelSettings(name="unet3plus")) == 2**4
    assert catalogue.stride(ModelSettings(name="unet3plus_ds_2048_eff")) == 4**4
    assert catalogue.stride(ModelSettings(name="unet", filters=[4, 8, 16])) == 2 * 2**2


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match="'unet4'; choose one of fcn_resnet101, "):
        catalogue.build(ModelSettings(name="unet4"))


def test_side_off_the_stride_is_refused_with_its_neighbours() -> None:
    with pytest.raises(BadInput, match="is 500, .* a multiple of 16: take 496 or 512"):
        catalogue.build(ModelSettings(name="unet3plus", input_px=500, output_px=500))


def test_two_levels_are_too_few() -> None:
    with pytest.raises(BadInput, match=r"\[4, 8\]; give at least 3"):
        catalogue.build(ModelSettings(name="unet", filters=[4, 8]))


@pytest.mark.parametrize(
    "settings",
    [
        ModelSettings(name="unet", encoder="b0"),
        ModelSettings(name="unet", pretrained="somewhere"),
        ModelSettings(name="unet3plus", output_stride=8),
        ModelSettings(name="segformer", output_stride=8),
        ModelSettings(name="segformer", filters=[4, 8, 16]),
    ],
)
def test_setting_without_effect_is_refused(settings: ModelSettings) -> None:
    for look in (catalogue.build, catalogue.stride):
        with pytest.raises(BadInput, match=f"of which {settings.name} has no use; leave it out"):
            look(settings)


def test_unknown_encoder_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match="segformer has no encoder 'b9'; .* b0, b1, b2, b3, b4, b5"):
        catalogue.build(ModelSettings(name="segformer", encoder="b9"))


@pytest.mark.parametrize("name", ["fcn_resnet101", "deeplabv3plus_resnet101"])
@pytest.mark.parametrize("output_stride", [8, 16])
def test_output_stride_dilates_the_encoder(name: str, output_stride: int) -> None:
    settings = replace(smallest(name), output_stride=output_stride)
    network = catalogue.build(settings)
    assert network.stride == catalogue.stride(settings) == output_stride
    logits = network.eval().native(torch.zeros(1, 3, 64, 64))
    assert logits.shape[-1] == 64 // (output_stride if name == "fcn_resnet101" else 4)


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_stride_is_known_before_the_network_is_built(name: str) -> None:
    assert catalogue.stride(smallest(name)) == catalogue.build(smallest(name)).stride


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_every_encoder_that_is_listed_can_be_built(name: str) -> None:
    for choice in catalogue.encoder_names(name):
        settings = ModelSettings(name=name, encoder=choice, output_px=512)
        with torch.device("meta"):
            assert catalogue.build(settings).input_px == 512


def test_pyramid_takes_a_batch_of_one_in_training() -> None:
    network = catalogue.build(smallest("deeplabv3plus_resnet101")).train()
    assert torch.isfinite(network(torch.zeros(1, 3, 64, 64))[0].native).all()
