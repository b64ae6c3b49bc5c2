"""What an experiment has to make: each cache, training and prediction once, whoever shares it.

Everything is named after a hash of what decides it, so that a table may be changed and run again:
what is the same is found, what is new is made.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from handseg.errors import BadInput
from handseg.experiments.arm import Arm, Table, Training, Vote, Voter, Weighing
from handseg.settings import EnsembleSettings, InferSettings, PreprocessSettings, TrainSettings

_DIGITS = 10


@dataclass(frozen=True, kw_only=True)
class Member:
    """One training, and how its probabilities are predicted."""

    fold: int
    preprocess: PreprocessSettings
    train: TrainSettings
    """With its seed."""
    infer: InferSettings
    infers_as_trained: bool

    @property
    def cache(self) -> str:
        """Name of its image cache."""
        return _hash(asdict(self.preprocess))

    @property
    def key(self) -> str:
        """Name of its training."""
        made_of = {"train": asdict(self.train), "cache": self.cache, "fold": self.fold}
        return f"{self.train.model.name}-fold{self.fold}-{_hash(made_of)}"

    def store(self, part: Literal["oof", "test"]) -> str | None:
        """Name of its probability store, or None for the one that the training leaves."""
        if part == "oof" and self.infers_as_trained:
            return None
        return f"{self.key}-{part}-{_hash(asdict(self.infer))}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One prediction of an arm: by one member, or by one vote."""

    arm: str
    fold: int | None
    """Held out by its member; None for a vote."""
    seed: int | None
    """None for a vote over seeds."""
    members: tuple[Member, ...]
    weights: Weighing | tuple[float, ...]
    ensemble: EnsembleSettings

    def key(self, part: Literal["oof", "test"]) -> str:
        """Name of its predictions."""
        made_of = {
            "members": [[member.key, member.store(part)] for member in self.members],
            "weights": self.weights,
            "ensemble": asdict(self.ensemble),
            "part": part,
        }
        return _hash(made_of)

    @property
    def title(self) -> str:
        """What a person reads in the log."""
        fold = "" if self.fold is None else f" fold {self.fold}"
        seed = "" if self.seed is None else f" seed {self.seed}"
        return f"{self.arm}{fold}{seed}"


def runs(table: Table) -> list[Run]:
    """Every prediction that a table asks for, arm by arm.

    Raises:
        BadInput: a member stands twice in one vote.
    """
    return [run for arm in table.arms for run in _of_arm(arm, table)]


def members(found: Iterable[Run]) -> list[Member]:
    """Each member once, in the order of the runs; those alike but for infer settings are several.

    Two arms whose settings are the same share their member.
    """
    once = {
        (member.key, _hash(asdict(member.infer))): member for r in found for member in r.members
    }
    return list(once.values())


def _of_arm(arm: Arm, table: Table) -> Iterator[Run]:
    if isinstance(arm.how, Training):
        for seed in arm.seeds:
            for fold in arm.folds:
                yield Run(
                    arm=arm.name,
                    fold=fold,
                    seed=seed,
                    members=(_member(arm.how, fold, seed),),
                    weights=(1.0,),
                    ensemble=arm.ensemble,
                )
        return
    fixed = all(voter.seed is not None for voter in arm.how.voters)
    for vote_seed in [None] if fixed else arm.seeds:
        yield Run(
            arm=arm.name,
            fold=None,
            seed=vote_seed,
            members=_voters(arm.name, arm.how, vote_seed, table),
            weights=arm.how.weights,
            ensemble=arm.ensemble,
        )


def _voters(name: str, vote: Vote, seed: int | None, table: Table) -> tuple[Member, ...]:
    found = tuple(m for voter in vote.voters for m in _of_voter(voter, seed, table))
    keys = [member.key for member in found]
    if len(set(keys)) < len(keys):
        raise BadInput(
            f"table {table.name}: {name}: two of its members are one training; give each once, "
            "with a higher weight"
        )
    return found


def _of_voter(voter: Voter, seed: int | None, table: Table) -> Iterator[Member]:
    arm = table.arm(voter.arm)
    own = seed if voter.seed is None else voter.seed
    if isinstance(arm.how, Training) and own is not None:
        for fold in arm.folds if voter.fold is None else (voter.fold,):
            yield _member(arm.how, fold, own)


def _member(training: Training, fold: int, seed: int) -> Member:
    return Member(
        fold=fold,
        preprocess=training.preprocess,
        train=dataclasses.replace(training.train, seed=seed),
        infer=training.infer,
        infers_as_trained=training.infers_as_trained,
    )


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
