"""The deep-supervision loss with its gradient."""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from handseg import bones
from handseg.models.network import HeadLogits
from handseg.models.refine import Refine
from handseg.training import losses
from tests.benchmarks.case import SIDE, Case, learned_refine
from tests.benchmarks.row import Row, require


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
    refine = learned_refine()
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


ROWS = (
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
)
