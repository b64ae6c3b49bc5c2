"""Images in, tiles of probabilities out: reading, network and tail at the same time."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handseg.ahead import in_order
from handseg.errors import OutOfGpuMemory
from handseg.images import normalise
from handseg.images.cache import CachedImage
from handseg.inference import backend, compiled, refinement, tta
from handseg.inference.backend import Trunk
from handseg.inference.store import ImageTiles
from handseg.inference.tail import Tail
from handseg.inference.tiles import TileBuilder
from handseg.inference.view import View
from handseg.models.network import Network
from handseg.settings import InferSettings

_BATCHES_AHEAD = 2
_MOST_THREADS = 16
"""Tails in flight each hold one image's native logits: 30 MB at 512 px."""


@dataclass(frozen=True)
class _Prepared:
    images: Sequence[CachedImage]
    inputs: Sequence[Tensor]
    """uint8 (B, input_px, input_px) of each view."""


@dataclass(frozen=True)
class _Answer:
    image: CachedImage
    natives: Sequence[NDArray[np.float32]]
    """(29, h, w) of each view, main logits before enlargement."""


def predict(
    network: Network,
    images: Iterable[CachedImage],
    *,
    device: torch.device,
    dtype: torch.dtype,
    settings: InferSettings = InferSettings(),  # noqa: B008 - frozen
) -> Generator[ImageTiles, None, None]:
    """Predict images of any size, one after another, in order and in constant memory.

    Args:
        network: on `device`; it is in evaluation mode while images are predicted.
        images: read as they are needed, a few ahead.
        device: where the network is.
        dtype: bfloat16 for mixed precision, else float32.
        settings: backend, batch size, cut and test-time augmentation.

    Raises:
        BadInput: the backend is not installed, or computes elsewhere; torch.compile is asked for
            and does not work; an image's logits are not finite, or a view is asked for twice.
        OutOfGpuMemory: names batch and size.
    """
    refine = network.refine
    tail = Tail(
        network.scale * network.native_stride,
        None if refine is None else refinement.of_classes(refine),
        settings.cut_level,
    )
    seen = tta.views(network, settings)
    trunk = _trunk(network, settings, views=len(seen), device=device, dtype=dtype)
    threads = max(1, min(_MOST_THREADS, torch.get_num_threads()))
    in_flight = max(1, threads // len(seen))
    was_training = network.training
    network.eval()
    try:
        with ThreadPoolExecutor(threads, "handseg-predict") as pool:
            inputs = in_order(
                pool,
                lambda batch: _prepare(batch, seen),
                _batches(images, settings.batch_size),
                depth=_BATCHES_AHEAD,
            )
            answers = (answer for batch in inputs for answer in _answer(trunk, batch, device))
            yield from in_order(
                pool, lambda answer: _tiles(tail, answer, seen), answers, depth=in_flight
            )
    finally:
        network.train(was_training)


def _batches(images: Iterable[CachedImage], size: int) -> Iterator[list[CachedImage]]:
    left = iter(images)
    while batch := list(islice(left, size)):
        yield batch


def _prepare(images: Sequence[CachedImage], seen: Sequence[View]) -> _Prepared:
    inputs = [np.stack([view.input(image.pixels) for image in images]) for view in seen]
    return _Prepared(images, [torch.from_numpy(batch) for batch in inputs])


def _trunk(
    network: Network,
    settings: InferSettings,
    *,
    views: int,
    device: torch.device,
    dtype: torch.dtype,
) -> Trunk:
    if settings.backend == "torch" and settings.compile:
        compiled.require(device)
        # Two shapes of a view: the last batch may be shorter.
        compute = compiled.function(network.native, shapes=2 * views)
        return partial(native, network, dtype=dtype, compute=compute)
    if settings.backend == "torch":
        return partial(native, network, dtype=dtype)
    return backend.trunk(network, settings.backend, device=device, dtype=dtype)


def _answer(trunk: Trunk, batch: _Prepared, device: torch.device) -> Iterator[_Answer]:
    try:
        natives = [trunk(inputs.to(device)) for inputs in batch.inputs]
    except torch.cuda.OutOfMemoryError as error:
        largest = max(tuple(inputs.shape) for inputs in batch.inputs)
        raise OutOfGpuMemory(
            f"GPU memory is too small for a batch of {largest}; "
            "lower --settings.batch-size, or give --settings.device cpu"
        ) from error
    for place, image in enumerate(batch.images):
        yield _Answer(image, [native[place].numpy() for native in natives])


@torch.inference_mode()
def native(
    network: Network,
    inputs: Tensor,
    dtype: torch.dtype,
    compute: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Main logits of a batch before enlargement: float32 (B, 29, h, w), on the CPU.

    Args:
        network: on the device of the inputs.
        inputs: uint8 (B, h, w).
        dtype: bfloat16 for mixed precision, else float32.
        compute: the network's `native`, compiled; by default as it is.
    """
    images = normalise.to_tensor(inputs)
    with torch.autocast(inputs.device.type, torch.bfloat16, dtype == torch.bfloat16):
        native = (compute or network.native)(images)
    return native.to(torch.float32).contiguous().cpu()


def _tiles(tail: Tail, answer: _Answer, seen: Sequence[View]) -> ImageTiles:
    image, natives = answer.image, answer.natives
    height, width = image.pixels.shape
    builder = TileBuilder(image.name, image.person, height=height, width=width)
    if len(seen) == 1:
        found = tail.regions(natives[0], (height, width), name=image.name)
    else:
        found = tta.mean_regions(tail, natives, seen, (height, width), name=image.name)
    for region in found:
        builder.add(region.class_id, region.values, top=region.top, left=region.left)
    return builder.build()
