"""What the history of a training says: over-training, and validations too good to be true."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from handseg.findings.finding import Finding

_PATIENCE = 3
"""Validations after the best one before anything is said."""
_LEAST_DROP = 0.002
"""Dice lost since the best validation."""
_NOISES = 4.0
"""The drop must also be this many of its standard errors: every validation asks for it anew."""
_LEAST_RISE = 0.01
_NOISES_RISEN = 2.0
"""Fewer do where Dice on training images rose by so much meanwhile: the two have come apart."""
_BEND = 1.652
"""Median size of a - 2 b + c for three draws from a normal distribution, in its standard
deviations: 0.6745 sqrt(6). A steady rise or fall adds nothing to it."""
_LEAST_MARGIN, _MARGIN = 0.01, 0.25
"""Held-out Dice beyond training Dice that is suspicious: this much, and this part of what is
missing to 1, since images differ more in an early training."""
_GROWN = 0.8
"""Dice on training images below which a network finds some hands and not others, old or new: a
fold of the demo was at 0.61 on held-out images and at 0.34 on training ones, on its way to 0.94."""


class Line(Protocol):
    """One line of a member's history."""

    @property
    def epoch(self) -> float:
        """Passes over the training images."""

    @property
    def loss(self) -> float:
        """Training loss."""

    @property
    def input_px(self) -> int:
        """Side at which it was trained."""

    @property
    def dice(self) -> float | None:
        """On the held-out fold."""

    @property
    def train_dice(self) -> float | None:
        """On some of the training images."""


def of_history(member: str, history: Sequence[Line]) -> list[Finding]:
    """Look for over-training and for signs of a leak.

    Args:
        member: its name.
        history: of its training so far, oldest first.
    """
    measured = [line for line in history if line.dice is not None]
    if not measured:
        return []
    found = (_over_trained(measured), _too_good(measured))
    names = ("over-training", "leaking folds")
    return [
        Finding(name=name, about=f"member {member}", detail=detail)  # type: ignore[arg-type]
        for name, detail in zip(names, found, strict=True)
        if detail
    ]


def _over_trained(measured: Sequence[Line]) -> str:
    """Held-out Dice fell for good while the training images were still learned better.

    The best of many validations is lucky, so its neighbours are compared with the later ones.
    """
    # losses at another size are no measure of these
    lines = [line for line in measured if line.input_px == measured[-1].input_px]
    dice = np.array([line.dice for line in lines], np.float64)
    best = int(dice.argmax())
    if len(lines) - 1 - best < _PATIENCE:
        return ""
    late = lines[-max(_PATIENCE, (len(lines) - 1 - best) // 2) :]
    around = np.array([dice[i] for i in (best - 1, best + 1) if i >= 0])
    fallen = float(dice[-len(late) :].mean())
    settled = dice[max(0, min(best - 1, len(dice) // 2)) :]  # without the steep rise before
    scatter = float(np.median(np.abs(np.diff(settled, n=2)))) / _BEND
    error = scatter * (1 / len(around) + 1 / len(late)) ** 0.5
    noises = _NOISES_RISEN if _rise(lines[best], late) >= _LEAST_RISE else _NOISES
    if around.mean() - fallen < max(_LEAST_DROP, noises * error):
        return ""
    loss = float(np.mean([line.loss for line in late]))
    if loss >= lines[best].loss:
        return ""
    return (
        f"held-out Dice was {dice[best]:.4f} at epoch {lines[best].epoch:g} and {fallen:.4f} in "
        f"the last {len(late)} validations, while the training loss fell from "
        f"{lines[best].loss:.4f} to {loss:.4f}{_training(lines[best], lines[-1])}"
    )


def _rise(best: Line, late: Sequence[Line]) -> float:
    """What Dice on training images gained since the best validation; 0 where it is not known."""
    known = [line.train_dice for line in late if line.train_dice is not None]
    return float(np.mean(known)) - best.train_dice if known and best.train_dice is not None else 0.0


def _training(best: Line, last: Line) -> str:
    if best.train_dice is None or last.train_dice is None:
        return ""
    return f" (Dice on training images {best.train_dice:.4f}, then {last.train_dice:.4f})"


def _too_good(measured: Sequence[Line]) -> str:
    """The best validation is better than what the training images reach themselves."""
    best = max(measured, key=lambda line: line.dice or 0.0)
    if best.dice is None or best.train_dice is None or best.train_dice < _GROWN:
        return ""
    margin = max(_LEAST_MARGIN, _MARGIN * (1 - best.train_dice))
    if best.dice - best.train_dice <= margin:
        return ""
    return (
        f"held-out Dice {best.dice:.4f} at epoch {best.epoch:g} is far above the "
        f"{best.train_dice:.4f} of training images, which new hands do not reach"
    )
