"""Published weights reach the encoder whole, in the files' own names, or not at all."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    EfficientNetConfig,
    EfficientNetForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
    SegformerConfig,
    SegformerForImageClassification,
    SwinConfig,
    SwinForImageClassification,
)

from handseg.errors import BadInput, MissingInput
from handseg.models import catalogue, pretrained
from handseg.models.encoder_sizes import SIZES
from handseg.models.encoders import Encoder, encoder
from tests.smallest import smallest

CLASSIFIERS: dict[str, tuple[Any, Any]] = {
    "resnet": (ResNetForImageClassification, ResNetConfig),
    "efficientnet": (EfficientNetForImageClassification, EfficientNetConfig),
    "swin": (SwinForImageClassification, SwinConfig),
    "convnext": (ConvNextForImageClassification, ConvNextConfig),
    "mit": (SegformerForImageClassification, SegformerConfig),
}
EXTRA: dict[str, dict[str, Any]] = {"efficientnet": {"hidden_dim": 320}}


def _publish(family: str, folder: Path) -> dict[str, torch.Tensor]:
    """Save a classifier as its authors do, config.json and model.safetensors; its own tensors."""
    torch.manual_seed(7)
    classifier, config = CLASSIFIERS[family]
    made = classifier(config(**SIZES[family]["smoke"], **EXTRA.get(family, {}), num_labels=3))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_()
    made.save_pretrained(folder)
    return dict(made.state_dict())


def _encoder(family: str, size: str = "smoke", *, output_stride: int = 32) -> Encoder:
    torch.manual_seed(0)
    return encoder(family, size, output_stride=output_stride)


def _tensors(made: Encoder) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in made.body.state_dict().items()}


@pytest.mark.parametrize("family", CLASSIFIERS)
def test_every_family_takes_all_weights_of_its_classifier(family: str, tmp_path: Path) -> None:
    published = _publish(family, tmp_path)
    made = _encoder(family)
    lines = pretrained.load(made, str(tmp_path))
    kept = {name.split(".", 1)[1]: tensor for name, tensor in published.items()} | published
    found = _tensors(made)
    afresh = {name for name in found if name.startswith("hidden_states_norms.")}
    assert all(torch.equal(kept[name], found[name]) for name in found.keys() - afresh)
    assert f"{len(found) - len(afresh)} of the encoder's {len(found)} tensors" in lines[0]
    assert ("start afresh: hidden_states_norms" in "".join(lines)) == bool(afresh)
    assert "left out: classifier" in lines[-1]


def test_dilated_encoder_takes_the_same_weights(tmp_path: Path) -> None:
    published = _publish("resnet", tmp_path)
    made = _encoder("resnet", output_stride=8)
    pretrained.load(made, str(tmp_path))
    name = "encoder.stages.3.layers.0.layer.1.convolution.weight"
    assert torch.equal(made.body.state_dict()[name], published[f"resnet.{name}"])
    assert made.strides[-1] == 8


def test_body_of_our_own_reads_files_by_its_names(tmp_path: Path) -> None:
    source = catalogue.build(smallest("hrnet_w48")).encoder
    target = catalogue.build(smallest("hrnet_w48"))
    assert isinstance(source, Encoder) and isinstance(target.encoder, Encoder)
    save_file({**_tensors(source), "classifier.weight": torch.ones(2)}, tmp_path / "a.safetensors")
    lines = catalogue.load_pretrained(target, str(tmp_path))
    found = _tensors(target.encoder)
    assert all(torch.equal(tensor, found[name]) for name, tensor in _tensors(source).items())
    assert lines[-1].endswith("left out: classifier.weight")


def test_other_size_is_refused_with_both_shapes_and_changes_nothing(tmp_path: Path) -> None:
    _publish("resnet", tmp_path)
    made = _encoder("resnet", "18")
    before = _tensors(made)
    with pytest.raises(BadInput, match=r"weight is \(8, 3, 7, 7\) there and \(64, 3, 7, 7\) here"):
        pretrained.load(made, str(tmp_path))
    assert all(torch.equal(tensor, before[name]) for name, tensor in _tensors(made).items())


def test_missing_weight_is_refused_by_name(tmp_path: Path) -> None:
    _publish("resnet", tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["resnet.embedder.embedder.convolution.weight"]
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadInput, match="embedder.embedder.convolution.weight is not there"):
        pretrained.load(_encoder("resnet"), str(tmp_path))


def test_other_family_is_refused(tmp_path: Path) -> None:
    _publish("swin", tmp_path)
    with pytest.raises(BadInput, match="model_type is 'swin' there and 'resnet' in the encoder"):
        pretrained.load(_encoder("resnet"), str(tmp_path))


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    _publish("resnet", tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(BadInput, match=r"no weights could be read .*safetensors"):
        pretrained.load(_encoder("resnet"), str(tmp_path))


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    _publish("resnet", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"0123456789")
    with pytest.raises(BadInput, match="no weights could be read"):
        pretrained.load(_encoder("resnet"), str(tmp_path))


def test_absent_folder_and_remote_prefix_are_told_with_the_remedy(tmp_path: Path) -> None:
    made = _encoder("resnet")
    with pytest.raises(MissingInput, match=r"no such folder; .*model\.pretrained none"):
        pretrained.load(made, str(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="`handseg train` fetches it"):
        pretrained.load(made, "s3://bucket/weights")


def test_name_that_cannot_be_fetched_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What HF_HUB_OFFLINE sets: no request is made, and nothing of this name is in the cache.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for name in ("fcn_resnet101", "hrnet_w48"):
        with pytest.raises(BadInput, match=r"no weights could be read.*model\.pretrained none"):
            catalogue.load_pretrained(catalogue.build(smallest(name)), "nobody/of-this-name")


def test_network_without_an_encoder_takes_none() -> None:
    network = catalogue.build(smallest("unet"))
    with pytest.raises(BadInput, match="UNet has no encoder"):
        catalogue.load_pretrained(network, "somewhere")
