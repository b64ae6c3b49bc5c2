"""Inference: from cached images to tiles, against whole masks of one image at a time."""

import gc
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from handseg import bones
from handseg.images import normalise
from handseg.inference import predict
from handseg.inference.store import ImageTiles
from handseg.inference.tiles import plane_roi
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.settings import InferSettings
from handseg.training import memory
from tests.benchmarks.gpu import line, plain
from tests.benchmarks.gpu.case import Case, wait_for, whole_float32
from tests.benchmarks.gpu.line import Line
from tests.benchmarks.row import require

_BONES = 0.01
"""Part of an image that a bone covers, roughly; an untrained network is brought to as much."""
_DICE = 0.98
"""The sides' masks: an untrained network's logits are all close to the threshold."""
_HALF = 128
"""The least of 255ths that is at least a half."""


def measure(case: Case) -> list[Line]:
    """Compare masks, then speed and memory.

    Raises:
        Unequal: the masks differ; nothing was measured.
    """
    network = _network(case)
    with whole_float32():
        compare(case, network)
    slow = _timed(case, lambda count: _plainly(case, network, count))
    fast = _timed(case, lambda count: _predicted(case, network, count, dtype=case.dtype))
    name, of = case.model, "inference of " + case.model
    return [
        line.faster(
            f"gpu_infer_speed_{name}", f"{of}: batches of {case.sizes.batch_size} against 1",
            unit="images/s", baseline=slow[0], ours=fast[0], goal=1,
        ),
        line.smaller(
            f"gpu_infer_memory_{name}", f"{of}: peak memory of an image in a batch", unit="bytes",
            baseline=slow[1], ours=fast[1] / case.sizes.batch_size, goal=1,
        ),
    ]  # fmt: skip


def compare(case: Case, network: Network) -> None:
    """Masks of some images by both sides, in float32.

    Raises:
        Unequal: their Dice is too low.
    """
    images = case.stream(2)
    found = predict.predict(
        network, images, device=case.device, dtype=torch.float32, settings=_settings(case)
    )
    for image, tiles in zip(images, found, strict=True):
        expected, ours = plain.predict(network, image, case.device).numpy(), _masks(tiles)
        dice = 2 * (expected & ours).sum() / (expected.sum() + ours.sum())
        require(dice >= _DICE, f"{image.name}: Dice of both sides' masks is {dice:.4f}")


def _network(case: Case) -> Network:
    """Untrained, its main head's biases such that each bone covers its part of the first image."""
    torch.manual_seed(0)
    network = catalogue.build(case.settings.model).eval().to(case.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    inputs = case.stream(1)[0].pixels
    images = torch.from_numpy(normalise.to_input(inputs, network.input_px))[None]
    native = predict.native(network, images.to(case.device), torch.float32)
    head = network.heads()[0]
    if head.bias is None:
        raise ValueError("the main head has no bias")
    levels = torch.quantile(native[0, :, ::2, ::2].flatten(1), 1 - _BONES, dim=1)
    with torch.no_grad():
        head.bias.sub_(levels.to(case.device))
    return network


def _settings(case: Case) -> InferSettings:
    return InferSettings(batch_size=case.sizes.batch_size, compile=case.sizes.compile)


def _masks(tiles: ImageTiles) -> NDArray[np.bool_]:
    masks = np.zeros((bones.COUNT, tiles.height, tiles.width), bool)
    for class_id in range(bones.COUNT):
        roi = plane_roi(tiles, class_id)
        height, width = roi.values.shape
        own = masks[class_id, roi.top : roi.top + height, roi.left : roi.left + width]
        own[...] = roi.values >= _HALF
    return masks


def _plainly(case: Case, network: Network, count: int) -> None:
    for image in case.stream(count):
        plain.predict(network, image, case.device).numpy()


def _predicted(case: Case, network: Network, count: int, *, dtype: torch.dtype) -> None:
    images, settings = case.stream(count), _settings(case)
    for _ in predict.predict(network, images, device=case.device, dtype=dtype, settings=settings):
        pass


def _timed(case: Case, work: Callable[[int], None]) -> tuple[float, int]:
    """Images a second, and peak bytes."""
    gc.collect()
    if case.device.type == "cuda":
        torch.cuda.empty_cache()
    memory.start(case.device)
    work(case.sizes.warm)
    wait_for(case.device)
    begun = time.perf_counter()
    work(case.sizes.images)
    wait_for(case.device)
    return case.sizes.images / (time.perf_counter() - begun), memory.peak_bytes(case.device)
