"""UPerNet has the published counts, learns from one image at a time, and helps itself in training.

Published with 150 classes: Swin-T 59.9 M, ConvNeXt-T 60 M.
"""

from typing import Any

import pytest
import torch
from transformers import ConvNextConfig, SwinConfig, UperNetConfig, UperNetForSemanticSegmentation

from handseg.models.encoder_sizes import SIZES
from handseg.models.encoders import encoder
from handseg.models.upernet import UPerNet
from tests.unit.models.counting import parameters

STAGES: dict[str, Any] = {"out_features": ["stage1", "stage2", "stage3", "stage4"]}


def _tiny(family: str, class_count: int) -> UPerNet:
    with torch.device("meta"):
        return UPerNet(encoder=encoder(family, "tiny"), class_count=class_count)


def _smoke(family: str, scale: int = 1) -> UPerNet:
    torch.manual_seed(0)
    return UPerNet(encoder=encoder(family, "smoke"), class_count=29, scale=scale)


def test_swin_has_the_published_count() -> None:
    # The library's 59,943,398 hold the LayerNorm before the classifier, 768 w + 768 b, unused here.
    assert parameters(_tiny("swin", 150)) == 59_943_398 - 2 * 768 == 59_941_862


def test_convnext_has_the_published_count() -> None:
    assert parameters(_tiny("convnext", 150)) == 60_242_636


@pytest.mark.parametrize("family", ["swin", "convnext"])
def test_29_bones_change_the_two_heads_alone(family: str) -> None:
    # 121 classes less, of 512 weights in the main head, 256 in the other, and a bias in each
    fewer = parameters(_tiny(family, 150)) - parameters(_tiny(family, 29))
    assert fewer == 121 * (512 + 1 + 256 + 1)


@pytest.mark.parametrize(("family", "config"), [("swin", SwinConfig), ("convnext", ConvNextConfig)])
def test_count_is_the_librarys(
    family: str, config: type[SwinConfig] | type[ConvNextConfig]
) -> None:
    whole = UperNetConfig(backbone_config=config(**SIZES[family]["tiny"], **STAGES))
    whole.num_labels = 29
    with torch.device("meta"):
        theirs = UperNetForSemanticSegmentation(whole)
    unused = 2 * 768 if family == "swin" else 0
    assert parameters(_tiny(family, 29)) == parameters(theirs) - unused


@pytest.mark.parametrize("family", ["swin", "convnext"])
def test_auxiliary_head_is_there_in_training_alone(family: str) -> None:
    network, images = _smoke(family, scale=2), torch.rand(2, 3, 64, 64)
    main, auxiliary = network(images)
    assert (main.native.shape[-1], auxiliary.native.shape[-1]) == (16, 4)
    assert main.size == auxiliary.size == (128, 128)
    assert main.refine is not None and auxiliary.refine is None
    assert len(network.eval()(images)) == 1
    assert len(network.heads()) == 2


@pytest.mark.parametrize("family", ["swin", "convnext"])
def test_one_image_is_a_batch(family: str) -> None:
    heads = _smoke(family).train()(torch.rand(1, 3, 64, 96))
    assert heads[0].native.shape == (1, 29, 16, 24)
    assert all(bool(torch.isfinite(head.native).all()) for head in heads)
