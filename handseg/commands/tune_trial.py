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

logger = logging.getLogger(__name__)
PARTS = 1000
"""Steps of a trial as the pruner counts them: thousandths, since trials differ in steps."""


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
                on_validation=_pruning(trial, settings.train),
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


def _pruning(trial: optuna.Trial, train: TrainSettings) -> Callable[[Measurement], None]:
    """What ends a training that does worse than others did at the same part of theirs."""

    def judge(line: Measurement) -> None:
        if line.dice is None:
            return
        done = {"steps": line.step, "epochs": line.epoch, "minutes": line.seconds / 60}[train.unit]
        part = min(PARTS, math.ceil(PARTS * done / train.length))
        trial.report(line.dice, part)
        if part < PARTS and trial.should_prune():
            raise optuna.TrialPruned

    return judge
