import torch
from torch import Tensor

from handseg.training import warm_start
from handseg.training.warm_start import Match


def state(**shapes: tuple[int, ...]) -> dict[str, Tensor]:
    return {name.replace("__", "."): torch.zeros(shape) for name, shape in shapes.items()}


def test_every_module_is_matched_or_says_why_not() -> None:
    source = state(
        a__weight=(4, 3), a__bias=(4,), b__weight=(4, 4), c__weight=(2,), old__weight=(1,)
    )
    target = state(
        a__weight=(4, 3), a__bias=(4,), b__weight=(8, 4), c__weight=(2,), c__bias=(2,), new__w=(5,)
    )
    assert warm_start.match(source, target) == [
        Match("a", 16),
        Match("b", 32, "weight is 4x4 there and 8x4 here"),
        Match("c", 4, "bias is in this network alone"),
        Match("new", 5, "not in the checkpoint"),
        Match("old", 0, "not in this network"),
    ]
