"""The members of an experiment: trained each in its own process, and their probabilities."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from handseg.commands import alone
from handseg.commands.plan import Part, Step
from handseg.commands.time_left import TimeLeft
from handseg.errors import HandsegError, Terminated
from handseg.experiments.plan import Member, Run
from handseg.settings import SplitSettings
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Places:
    """Where an experiment reads and writes."""

    data: Location
    out: Location
    """Local."""

    @property
    def folds(self) -> Location:
        """The fold table."""
        return self.out.child("folds.csv")

    def cache(self, member: Member) -> Location:
        """The image cache of all members with the same preprocessing."""
        return self.out.child(f"caches/{member.cache}")

    def checkpoint(self, member: Member) -> Location:
        """The checkpoint of all arms that train alike."""
        return self.out.child(f"trainings/{member.key}")

    def store(self, member: Member, part: Part) -> Location:
        """The probability store of one part."""
        name = member.store(part)
        return self.out.child(f"trainings/{member.key}.oof" if name is None else f"stores/{name}")


def steps(runs: Sequence[Run], places: Places, part: Part, split: SplitSettings) -> list[Step]:
    """Everything that is made before the first vote, each thing once.

    Args:
        runs: the predictions that are wanted.
        places: where it goes.
        part: whose images are predicted; those that choose a vote predict the held-out ones too.
        split: how people are split into folds.
    """
    folds, data = places.folds, places.data
    found = {"split": _step("split", "split", folds, data=data, settings=split)}
    for run in runs:
        parts: tuple[Part, ...] = (part, "oof") if run.weights == "chosen" else (part,)
        for member in run.members:
            cache, checkpoint = places.cache(member), places.checkpoint(member)
            found.setdefault(
                str(cache),
                _step("preprocess", f"preprocess {member.cache}", cache, data=data, folds=folds,
                      settings=member.preprocess),
            )  # fmt: skip
            found.setdefault(str(checkpoint), _train(member, run.title, places))
            for wanted in parts:
                store = places.store(member, wanted)
                if member.store(wanted) is not None and str(store) not in found:
                    found[str(store)] = _step(
                        "infer", f"infer {run.title} {wanted}", store, checkpoint=checkpoint,
                        cache=cache, folds=folds, part=wanted, settings=member.infer,
                    )  # fmt: skip
    return list(found.values())


def _train(member: Member, title: str, places: Places) -> Step:
    checkpoint = places.checkpoint(member)
    step = _step(
        "train", f"train {title}", checkpoint, cache=places.cache(member), folds=places.folds,
        fold=member.fold, settings=member.train,
    )  # fmt: skip
    minutes = member.train.length if member.train.unit == "minutes" else None
    return Step(**{**vars(step), "also": [checkpoint.sibling(f"{checkpoint.name}.oof")],
                   "minutes": minutes})  # fmt: skip


def _step(stage: str, title: str, out: Location, **arguments: object) -> Step:
    return Step(stage=stage, title=title, out=out, arguments={**arguments, "out": out})


def take(plan: Sequence[Step], lock: int) -> dict[str, str]:
    """Take the steps in order; one that fails leaves the others their turn.

    Args:
        plan: see `steps`.
        lock: of `alone.alone_in`.

    Returns:
        What failed: by the URI of what it should have written, the reason.

    Raises:
        HandsegError: people cannot be split, or images not be prepared: nothing can be made.
        Terminated: the process was asked to end.
    """
    clock, failures = TimeLeft(), dict[str, str]()
    for index, step in enumerate(plan):
        missing = failures.get(str(step.arguments.get("checkpoint")))
        if missing:
            failures[str(step.out)] = missing
            continue
        there = all(artifact.exists(place) for place in (step.out, *step.also))
        note = "already there" if there else clock.of(plan[index:])
        dash = " - " if note else ""
        logger.info("step %d/%d %s%s%s", index + 1, len(plan), step.title, dash, note)
        begun = time.monotonic()
        try:
            _make(step, lock, there)
        except Terminated:
            raise
        except HandsegError as error:
            if step.stage in ("split", "preprocess"):
                raise
            logger.error("%s", error)
            failures[str(step.out)] = str(error)
        if not there:
            clock.note(step, time.monotonic() - begun)
    return failures


def _make(step: Step, lock: int, there: bool) -> None:
    if step.stage == "train":
        # Named after its settings: one that is there cannot be of others.
        if not there:
            alone.train(**step.arguments, lock=lock)
        return
    getattr(import_module(f"handseg.stages.{step.stage}"), step.stage)(**step.arguments)
