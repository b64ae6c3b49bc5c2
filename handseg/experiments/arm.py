"""One arm of an experiment: a way to make predictions, complete with every setting."""

from dataclasses import dataclass
from typing import Literal

from handseg.settings import EnsembleSettings, InferSettings, PreprocessSettings, TrainSettings

Weighing = Literal["equal", "validation", "best", "chosen"]
"""How a vote weighs its members: alike, by their validation Dice, the best of these alone, or as
`handseg select` chooses on out-of-fold predictions."""


@dataclass(frozen=True, kw_only=True)
class Voter:
    """Members of a vote: those of an arm."""

    arm: str
    fold: int | None = None
    """Only the member that held this fold out; None takes all of the arm's."""
    seed: int | None = None
    """Only those of this seed; None makes one vote for each seed."""


@dataclass(frozen=True, kw_only=True)
class Vote:
    """Who votes, and with what weight."""

    voters: tuple[Voter, ...]
    weights: Weighing | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a member is trained with; its seed and fold come from the table."""

    preprocess: PreprocessSettings
    train: TrainSettings
    infer: InferSettings

    @property
    def infers_as_trained(self) -> bool:
        """Whether the out-of-fold store that the training leaves is the one wanted."""
        return self.infer == InferSettings(
            device=self.train.device, precision=self.train.precision, threads=self.train.threads
        )


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One row of the table."""

    name: str
    note: str
    """What a reader should know of it."""
    reported: float | None
    """Dice that the original report states for it, where it does."""
    against: str | None
    """The arm it is compared to; None for the one that others are."""
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    how: Training | Vote
    ensemble: EnsembleSettings
    """How its probabilities become masks, also where one member votes alone."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """An experiment: arms over the same people."""

    name: str
    title: str
    part: Literal["oof", "test"]
    """Whose images are scored: the held-out ones, or the test part's."""
    folds: int
    """Folds of the split."""
    arms: tuple[Arm, ...]

    def arm(self, name: str) -> Arm:
        """One arm by its name."""
        return next(arm for arm in self.arms if arm.name == name)
