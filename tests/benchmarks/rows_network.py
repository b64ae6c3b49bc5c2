"""The network itself on a CPU, after it has learned the case's hands."""

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from handseg.ensemble import voting
from handseg.images import reading
from handseg.inference import device as devices
from handseg.inference import predict
from handseg.inference.tail import Tail
from handseg.inference.tiles import TileBuilder
from handseg.masks import bitfield, dice, rle
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.settings import ModelSettings, TrainSettings
from handseg.training.data import Batch
from handseg.training.trainer import Trainer
from tests.benchmarks.case import CUT, SIDE, Case
from tests.benchmarks.row import Row, require

_SIDE = 128
_STEPS = 250
_RATE = 1e-2
_BATCH = 4
_POSES = 8
"""Of each hand, a degree and 16 pixels apart: one image more or less right says little."""
_MOST_APART = 1e-4
"""Mean Dice at 2048 in bf16 and in float32, of a network that has learned: logits of one that has
not are near 0 in many places, where the last digit decides."""
_LEAST_DICE = 0.8
_SETTINGS = TrainSettings(
    model=ModelSettings(name="unet", filters=[64, 96, 128, 192], input_px=_SIDE, output_px=_SIDE),
    target="coverage",
)


def _moves() -> list[NDArray[np.float64]]:
    found = []
    for pose in range(_POSES):
        degrees = pose - _POSES / 2
        move = np.asarray(cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, 1.0), np.float64)
        move[:, 2] += 16 * (pose % 3 - 1), 16 * (pose % 2)
        found.append(move)
    return found


def _inputs(case: Case) -> Tensor:
    """Both hands in every pose: uint8 (16, 128, 128)."""
    images = [reading.read_grey(record.image_path) for record in case.records]
    moved = [cv2.warpAffine(i, move, (SIDE, SIDE)) for i in images for move in _moves()]
    size = (_SIDE, _SIDE)
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in moved]
    return torch.from_numpy(np.stack(small))


def _targets(case: Case) -> Tensor:
    """Their coverage: uint8 (16, 29, 128, 128)."""
    shape = (_SIDE, _SIDE)
    shrink = np.vstack([bitfield.scaling((SIDE, SIDE), shape), [0, 0, 1]])
    matrices = [(shrink @ np.vstack([move, [0, 0, 1]]))[:2] for move in _moves()]
    coverages = [
        bitfield.coverage(truth, shape, matrix=matrix, oversample=4)
        for truth in case.truths
        for matrix in matrices
    ]
    return torch.from_numpy(np.stack(coverages))


def _trunk(case: Case) -> Network:
    path = case.folder / "trunk.safetensors"
    if not path.exists():
        save_file(_learned(case), path)
    network = catalogue.build(_SETTINGS.model).eval()
    network.load_state_dict(load_file(path))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _learned(case: Case) -> dict[str, Tensor]:
    """Weights that know the hands by heart."""
    prior = [float(plane.mean()) for plane in case.planes]
    cpu = torch.device("cpu")
    trainer = Trainer(
        _SETTINGS, device=cpu, dtype=devices.choose_precision("auto", cpu), prior=prior
    )
    inputs, targets = _inputs(case), _targets(case)
    order = np.random.default_rng(0)
    for step in range(_STEPS):
        some = torch.from_numpy(order.choice(len(inputs), _BATCH, replace=False))
        batch = Batch(inputs[some], targets[some], ["hands"])
        trainer.step(batch, _RATE * (1 - step / _STEPS))
    return {name: value.contiguous() for name, value in trainer.network.state_dict().items()}


def _native(dtype: torch.dtype) -> Callable[[Case], Callable[[], object]]:
    def prepare(case: Case) -> Callable[[], object]:
        network, inputs = _trunk(case), _inputs(case)
        return lambda: predict.native(network, inputs, dtype)

    return prepare


def _mean_dice(case: Case, natives: object) -> float:
    """Over the hands, their poses and the bones."""
    logits = iter(np.asarray(natives, np.float32))
    scores = []
    for truth in case.truths:
        for move in _moves():
            field = bitfield.rasterise(truth, (SIDE, SIDE), matrix=move)
            for class_id, found in enumerate(_masks(next(logits))):
                scores.append(dice.dice(found, rle.runs_of(bitfield.plane(field, class_id))))
    return float(np.mean(scores))


def _masks(native: NDArray[np.float32]) -> list[rle.Runs]:
    builder = TileBuilder("", "", height=SIDE, width=SIDE)
    for region in Tail(Fraction(SIDE, _SIDE), None, CUT).regions(native, (SIDE, SIDE)):
        builder.add(region.class_id, region.values, top=region.top, left=region.left)
    return voting.vote([builder.build()], [1.0], 0.5)


def _same_dice(case: Case, baseline: object, ours: object) -> None:
    expected, found = _mean_dice(case, baseline), _mean_dice(case, ours)
    require(expected >= _LEAST_DICE, f"the network has not learned: Dice {expected:.3f}")
    require(abs(expected - found) <= _MOST_APART, f"Dice {expected:.5f} becomes {found:.5f}")


def _lacks_bf16() -> str | None:
    cpu = torch.device("cpu")
    if devices.choose_precision("auto", cpu) == torch.bfloat16:
        return None
    return "this CPU does not compute bf16 natively"


ROWS = (
    Row(
        name="trunk_bf16",
        about="a U-Net on the CPU, float32 against bf16; Dice at 2048 to 1e-4",
        goal=1.8,
        baseline=_native(torch.float32),
        ours=_native(torch.bfloat16),
        same=_same_dice,
        calls=(predict.native,),
        lacking=_lacks_bf16,
    ),
)
