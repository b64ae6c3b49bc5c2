"""Training: samples, the loss, and the network on a CPU."""

from collections.abc import Callable
from functools import cache

import albumentations as A  # noqa: N812
import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import Tensor, nn

from handseg import bones
from handseg.dataset import annotations
from handseg.images import adjustments, reading
from handseg.images.cache import CachedImage, ImageCache
from handseg.inference import device as devices
from handseg.inference import predict
from handseg.models import catalogue
from handseg.models.network import HeadLogits, Network
from handseg.models.refine import Refine
from handseg.settings import AugmentSettings, ModelSettings, PreprocessSettings, TrainSettings
from handseg.training import losses
from handseg.training.data import TrainingImages
from handseg.training.schedule import Draw
from tests.benchmarks.case import SIDE, Case
from tests.benchmarks.row import Row, require
from tests.benchmarks.rows_images import Sample, cache_of
from tests.benchmarks.rows_masks import masks_of_json

_AUGMENT = AugmentSettings(flip=1.0, rotate=1.0, rotate_degrees=10.0, grid_dropout=1.0)
_DRAW_SEED = (1, 2)


class _FromFiles:
    """Reads, sharpens and parses an image each time it is asked for."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def read(self, name: str) -> CachedImage:
        record = self._case.record
        pixels = adjustments.adjust(reading.read_grey(record.image_path), PreprocessSettings())
        truth = annotations.load(self._case.annotation_path, height=SIDE, width=SIDE)
        return CachedImage(name, record.person, record.part, pixels, truth)


def _sample_as_written_today(
    input_px: int, output_px: int
) -> Callable[[Case], Callable[[], object]]:
    def prepare(case: Case) -> Callable[[], object]:
        steps = [A.HorizontalFlip(p=1.0), A.Rotate(limit=10, p=1.0), A.GridDropout(p=1.0)]
        augmented = A.Compose([*steps, A.Resize(output_px, output_px)])

        def make() -> Sample:
            image = np.asarray(Image.open(case.record.image_path))
            changed = augmented(image=image, mask=masks_of_json(case))
            small = cv2.resize(changed["image"], (input_px, input_px), interpolation=cv2.INTER_AREA)
            pixels = torch.from_numpy(small.transpose(2, 0, 1)).float() / 255
            target = torch.from_numpy(changed["mask"].transpose(2, 0, 1)).float().contiguous()
            return Sample(pixels.numpy(), target.numpy())

        return make

    return prepare


def _sample(output_px: int, *, cached: bool) -> Callable[[Case], Callable[[], object]]:
    def prepare(case: Case) -> Callable[[], object]:
        settings = TrainSettings(
            model=ModelSettings(input_px=512, output_px=output_px), augment=_AUGMENT
        )
        source = ImageCache(cache_of(case)) if cached else _FromFiles(case)
        images = TrainingImages(source, [case.record.name], settings)
        draw = Draw(0, 512, _DRAW_SEED)
        return lambda: images[draw]

    return prepare


def _same_kind(_: Case, baseline: object, ours: object) -> None:
    if not isinstance(baseline, Sample) or not isinstance(ours, tuple):
        raise TypeError("two samples expected")
    image, target, _name = ours
    require(image.shape == baseline.image.shape[-2:], "the images' sides differ")
    require(target.shape == baseline.target.shape[-2:], "the targets' sides differ")
    # Both are drawn at random: the bones cover as much of either, to the holes and the frame.
    covered = [float((t != 0).mean()) for t in (baseline.target.max(axis=0), target)]
    require(abs(covered[0] - covered[1]) < 0.3 * covered[0], f"bones cover {covered}")


class _Whole(nn.Module):
    """Five outputs at 2048 and their BCE + Dice, all classes at once."""

    def forward(self, natives: list[Tensor], refine: Refine, target: Tensor) -> Tensor:
        total = torch.zeros(())
        for level, native in enumerate(natives):
            logits = F.interpolate(native, size=(SIDE, SIDE), mode="bilinear")
            if level == 0:
                widen, merge = refine.widen, refine.merge
                logits = F.conv2d(logits, widen.weight, widen.bias, padding=1, groups=bones.COUNT)
                logits = F.conv2d(logits, merge.weight, merge.bias, padding=1, groups=bones.COUNT)
            p = torch.sigmoid(logits)
            overlap = (p * target).sum((2, 3))
            dice = (2 * overlap + 1) / (p.sum((2, 3)) + target.sum((2, 3)) + 1)
            entropy = F.binary_cross_entropy_with_logits(logits, target)
            total = total + (entropy + (1 - dice).mean()) / len(natives)
        return total


def _heads() -> tuple[list[Tensor], Refine]:
    torch.manual_seed(3)
    refine = Refine(bones.COUNT)
    with torch.no_grad():
        for parameter in refine.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    sides = [512, 256, 128, 64, 32]
    natives = [torch.randn(1, bones.COUNT, side, side, requires_grad=True) for side in sides]
    return natives, refine


def _whole_loss(case: Case) -> Callable[[], object]:
    field = torch.from_numpy(case.field)[None]
    target = torch.stack([(field >> c) & 1 for c in range(bones.COUNT)], dim=1).float()
    natives, refine = _heads()
    return lambda: _step(_Whole()(natives, refine, target), natives, refine)


def _our_loss(case: Case) -> Callable[[], object]:
    field = torch.from_numpy(case.field)[None]
    natives, refine = _heads()

    def step() -> list[Tensor]:
        heads = [
            HeadLogits(native, (SIDE, SIDE), refine if level == 0 else None)
            for level, native in enumerate(natives)
        ]
        return _step(losses.deep_supervision(heads, field), natives, refine)

    return step


def _step(loss: Tensor, natives: list[Tensor], refine: Refine) -> list[Tensor]:
    return [loss.detach(), *torch.autograd.grad(loss, [*natives, *refine.parameters()])]


def _same_gradients(_: Case, baseline: object, ours: object) -> None:
    if not isinstance(baseline, list) or not isinstance(ours, list):
        raise TypeError("two lists of tensors expected")
    for expected, found in zip(baseline, ours, strict=True):
        scale = float(expected.abs().max())
        worst = float((expected - found).abs().max())
        require(worst <= 1e-4 * scale, f"loss or gradient differs by {worst / scale:.1e}")


@cache
def _trunk() -> tuple[Network, Tensor]:
    torch.manual_seed(0)
    settings = ModelSettings(
        name="unet3plus_ds", filters=[32, 64, 128, 256, 512], input_px=192, output_px=192
    )
    network = catalogue.build(settings).eval()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network, torch.randint(0, 255, (1, 192, 192), dtype=torch.uint8)


def _native(dtype: torch.dtype) -> Callable[[Case], Callable[[], object]]:
    def prepare(_: Case) -> Callable[[], object]:
        network, inputs = _trunk()
        return lambda: predict.native(network, inputs, dtype)

    return prepare


def _same_logits(_: Case, baseline: object, ours: object) -> None:
    expected, found = torch.as_tensor(baseline), torch.as_tensor(ours)
    # An untrained network has no masks whose Dice could be compared; its logits have.
    masks = [logits >= logits.median() for logits in (expected, found)]
    dice = 2 * (masks[0] & masks[1]).sum() / (masks[0].sum() + masks[1].sum())
    require(float(dice) > 0.99, f"Dice of the upper half of the logits is {float(dice):.4f}")


def _lacks_bf16() -> str | None:
    cpu = torch.device("cpu")
    if devices.choose_precision("auto", cpu) == torch.bfloat16:
        return None
    return "this CPU does not compute bf16 natively"


ROWS = (
    Row(
        name="sample_2048",
        about="a training sample, 512 in and 2048 out, from PNG and JSON",
        goal=30,
        baseline=_sample_as_written_today(512, 2048),
        ours=_sample(2048, cached=False),
        same=_same_kind,
        calls=(TrainingImages.__getitem__,),
    ),
    Row(
        name="sample_2048_cache",
        about="the same from the image cache",
        goal=80,
        baseline=_sample_as_written_today(512, 2048),
        ours=_sample(2048, cached=True),
        same=_same_kind,
        calls=(TrainingImages.__getitem__,),
    ),
    Row(
        name="sample_512",
        about="a training sample, 512 in and out, from the image cache",
        goal=80,
        baseline=_sample_as_written_today(512, 512),
        ours=_sample(512, cached=True),
        same=_same_kind,
        calls=(TrainingImages.__getitem__,),
    ),
    Row(
        name="loss_memory",
        about="memory of the deep-supervision loss, 5 outputs at 2048, with its gradient",
        goal=10,
        baseline=_whole_loss,
        ours=_our_loss,
        same=_same_gradients,
        calls=(losses.deep_supervision,),
        unit="MB",
        pairs=1,
    ),
    Row(
        name="loss_time",
        about="time of the same",
        goal=1,
        baseline=_whole_loss,
        ours=_our_loss,
        same=_same_gradients,
        calls=(losses.deep_supervision,),
        pairs=3,
    ),
    Row(
        name="trunk_bf16",
        about="a UNet 3+ on the CPU, float32 against bf16",
        goal=1.8,
        baseline=_native(torch.float32),
        ours=_native(torch.bfloat16),
        same=_same_logits,
        calls=(predict.native,),
        lacking=_lacks_bf16,
    ),
)
