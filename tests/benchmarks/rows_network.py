"""The network itself on a CPU, after it has learned the case's hand."""

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from handseg.ensemble import voting
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

_SIDE = 192
_STEPS = 60
_RATE = 3e-3
_POSES = ((0, 0, 0), (2, 20, 12), (-3, -28, 16), (4, 40, -24), (-5, -48, -36), (6, 64, 48))
"""Degrees, and pixels across and down, by which the hand learned is moved in each image."""
_MOST_APART = 1e-4
"""Mean Dice at 2048 in bf16 and in float32."""
_LEAST_DICE = 0.8
_SETTINGS = TrainSettings(
    model=ModelSettings(
        name="unet3plus_ds", filters=[32, 64, 128, 256, 512], input_px=_SIDE, output_px=_SIDE
    ),
    target="coverage",
    ema=0.0,
)


def _moves() -> list[NDArray[np.float64]]:
    moves = []
    for degrees, across, down in _POSES:
        move = np.asarray(cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, 1.0), np.float64)
        move[:, 2] += across, down
        moves.append(move)
    return moves


def _inputs(case: Case) -> Tensor:
    """The hand in every pose: uint8 (6, 192, 192)."""
    moved = [cv2.warpAffine(case.pixels, move, (SIDE, SIDE)) for move in _moves()]
    size = (_SIDE, _SIDE)
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in moved]
    return torch.from_numpy(np.stack(small))


def _trunk(case: Case) -> Network:
    path = case.folder / "trunk.safetensors"
    if not path.exists():
        save_file(_learned(case), path)
    network = catalogue.build(_SETTINGS.model).eval()
    network.load_state_dict(load_file(path))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _learned(case: Case) -> dict[str, Tensor]:
    """Weights that know the hand by heart: of others, masks would be noise."""
    shape = (_SIDE, _SIDE)
    matrix = bitfield.scaling((SIDE, SIDE), shape)
    target = bitfield.coverage(case.truth, shape, matrix=matrix, oversample=SIDE // _SIDE)
    prior = [float(plane.mean()) for plane in case.planes]
    cpu = torch.device("cpu")
    trainer = Trainer(
        _SETTINGS, device=cpu, dtype=devices.choose_precision("auto", cpu), prior=prior
    )
    batch = Batch(_inputs(case)[:1], torch.from_numpy(target)[None], [case.record.name])
    for step in range(_STEPS):
        trainer.step(batch, _RATE * (1 - step / _STEPS))
    return {name: value.contiguous() for name, value in trainer.network.state_dict().items()}


def _native(dtype: torch.dtype) -> Callable[[Case], Callable[[], object]]:
    def prepare(case: Case) -> Callable[[], object]:
        network, inputs = _trunk(case), _inputs(case)
        return lambda: predict.native(network, inputs, dtype)

    return prepare


def _mean_dice(case: Case, natives: object) -> float:
    """Over the poses and the bones."""
    scores = []
    for native, move in zip(np.asarray(natives, np.float32), _moves(), strict=True):
        field = bitfield.rasterise(case.truth, (SIDE, SIDE), matrix=move)
        for class_id, found in enumerate(_masks(native)):
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
        about="a UNet 3+ on the CPU, float32 against bf16; six images; Dice at 2048 to 1e-4",
        goal=1.8,
        baseline=_native(torch.float32),
        ours=_native(torch.bfloat16),
        same=_same_dice,
        calls=(predict.native,),
        lacking=_lacks_bf16,
    ),
)
