"""One trial of a search: trained in this process, and given up where others did better."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import optuna

from handseg import summary
from handseg.commands.experiment_members import Places
from handseg.experiments.plan import Member
from handseg.experiments.search import Search, Trial
from handseg.settings import InferSettings, TrainSettings
from handseg.storage import snapshot
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap

logger = logging.getLogger(__name__)
PARTS = 20
"""Steps of a trial as the pruner counts them: parts of its length, since trials differ in steps
and validations, and Optuna compares them only at equal steps."""


@dataclass(frozen=True)
class Bench:
    """Trains trials."""

    search: Search
    places: Places

    def try_out(self, trial: optuna.Trial) -> float:
        """Train one trial and return its validation Dice."""
        values = self.search.suggest(trial)
        logger.info("trial %d: %s", trial.number, values)
        settings = self.search.settings(values)
        member = _member(settings, self.search.fold)
        cache, out = self.places.cache(member), self.places.checkpoint(member)
        import_module("handseg.stages.preprocess").preprocess(
            data=self.places.data, folds=self.places.folds, out=cache, settings=settings.preprocess
        )
        try:
            import_module("handseg.stages.train").run_member(
                cache=cache,
                folds=self.places.folds,
                fold=self.search.fold,
                out=out,
                settings=settings.train,
                on_validation=pruning(trial, settings.train),
            )
        except optuna.TrialPruned:
            snapshot.remove_tree(out.sibling(f"{out.name}.partial"))
            raise
        return summary.of_checkpoint(out.path)["mean_dice"]


def _member(settings: Trial, fold: int) -> Member:
    return Member(
        fold=fold,
        preprocess=settings.preprocess,
        train=settings.train,
        infer=InferSettings(),
        infers_as_trained=True,
    )


def pruning(trial: optuna.Trial, train: TrainSettings) -> Callable[[Measurement, Lap], None]:
    """What ends a training that does worse than others did at the same part of theirs.

    A part in which nothing was validated counts with the Dice before it.

    Args:
        trial: told of every part.
        train: its settings.

    Returns:
        To be called with every line of the history and what it took; raises optuna.TrialPruned.
    """
    done, before = 0, math.nan

    def judge(line: Measurement, lap: Lap) -> None:
        nonlocal done, before
        if line.dice is None:
            return
        passed = {"steps": line.step, "epochs": line.epoch, "minutes": lap.seconds / 60}
        part = min(PARTS, int(PARTS * passed[train.unit] / train.length))
        for skipped in range(done + 1, part):
            if not math.isnan(before):
                trial.report(before, skipped)
        if part > done:
            trial.report(line.dice, part)
        done, before = max(done, part), line.dice
        if part < PARTS and trial.should_prune():
            raise optuna.TrialPruned

    return judge
