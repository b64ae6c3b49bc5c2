"""Predictions come in order, in each image's own size, and equal the dense path."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.images import normalise
from handseg.images.cache import CachedImage
from handseg.inference import predict, tiles
from handseg.inference.store import ImageTiles
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.settings import InferSettings, ModelSettings

CPU = torch.device("cpu")


def _network(scale: int = 2) -> Network:
    torch.manual_seed(0)
    settings = ModelSettings(name="unet", filters=[4, 6, 8], input_px=32, output_px=32 * scale)
    network = catalogue.build(settings)
    for head in network.heads():  # so that some of the classes are found in places
        torch.nn.init.normal_(head.weight, std=2.0)
        torch.nn.init.constant_(head.bias if head.bias is not None else head.weight, -4.0)
    return network.eval()


def _image(index: int, shape: tuple[int, int]) -> CachedImage:
    pixels = np.random.default_rng(index).integers(0, 255, shape).astype(np.uint8)
    return CachedImage(f"image{index}.png", f"ID{index:03d}", "test", pixels, {})


IMAGES = [_image(0, (80, 64)), _image(1, (64, 64)), _image(2, (30, 100)), _image(3, (90, 90))]


def _predict(network: Network, images: list[CachedImage], batch_size: int = 1) -> list[ImageTiles]:
    settings = InferSettings(batch_size=batch_size)
    return list(
        predict.predict(network, images, device=CPU, dtype=torch.float32, settings=settings)
    )


def _planes(found: ImageTiles) -> NDArray[np.uint8]:
    planes = np.zeros((29, found.height, found.width), np.uint8)
    for class_id in range(29):
        roi = tiles.plane_roi(found, class_id)
        height, width = roi.values.shape
        planes[class_id, roi.top : roi.top + height, roi.left : roi.left + width] = roi.values
    return planes


@torch.inference_mode()
def _dense(network: Network, image: CachedImage) -> NDArray[np.float32]:
    inputs = torch.from_numpy(normalise.to_input(image.pixels, 32))[None]
    logits = network(normalise.to_tensor(inputs))[0].logits()
    whole = F.interpolate(logits.sigmoid(), size=image.pixels.shape, mode="bilinear")
    return np.asarray(255 * whole[0].numpy(), np.float32)


def test_every_image_equals_the_dense_path_at_its_own_size() -> None:
    network = _network()
    for image, found in zip(IMAGES, _predict(network, IMAGES), strict=True):
        dense = _dense(network, image)
        kept = np.where(dense >= 8, dense, 0)
        sure = (dense < 7) | (dense > 9)
        assert (np.abs(_planes(found) - kept)[sure] <= 1).all()
        assert kept.any() and not kept.all()


@pytest.mark.parametrize("batch_size", [1, 3])
def test_images_come_in_order_with_their_people(batch_size: int) -> None:
    found = _predict(_network(), IMAGES, batch_size)
    assert [(image.name, image.person) for image in IMAGES] == [
        (one.name, one.person) for one in found
    ]
    assert [one.shape for one in found] == [image.pixels.shape for image in IMAGES]


def test_batches_do_not_change_a_probability() -> None:
    network = _network()
    for single, together in zip(
        _predict(network, IMAGES), _predict(network, IMAGES, 3), strict=True
    ):
        # 7 for what the cut at 8 made 0: a rounding may carry a value across it
        one, other = (_planes(found).astype(int).clip(7) for found in (single, together))
        assert np.abs(one - other).max() <= 1


def test_images_are_read_only_a_few_ahead() -> None:
    read: list[int] = []

    def images() -> Iterator[CachedImage]:
        for index in range(200):
            read.append(index)
            yield _image(index, (64, 64))

    found = predict.predict(_network(), images(), device=CPU, dtype=torch.float32)
    next(found)
    assert len(read) <= 4 + torch.get_num_threads()


def test_network_returns_to_training_afterwards() -> None:
    network = _network().train()
    _predict(network, IMAGES[:1])
    assert network.training


def test_no_image_gives_no_tiles() -> None:
    assert _predict(_network(), []) == []


def test_diverged_network_is_refused_with_the_image() -> None:
    network = _network()
    torch.nn.init.constant_(network.heads()[0].weight, float("nan"))
    with pytest.raises(BadInput, match=r"image0\.png: logits of finger-1 are not finite"):
        _predict(network, IMAGES[:1])


@pytest.mark.compiler
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_it_finds_the_same() -> None:
    network = _network()
    settings = InferSettings(compile=True, batch_size=3)
    compiled = predict.predict(network, IMAGES, device=CPU, dtype=torch.float32, settings=settings)
    for found, expected in zip(compiled, _predict(network, IMAGES), strict=True):
        assert found.name == expected.name
        difference = _planes(found).astype(int) - _planes(expected)
        assert np.abs(difference).max() <= 1
