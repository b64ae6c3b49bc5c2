"""`handseg tune`: a search for settings, one held-out fold and one trial after another."""

import csv
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState

from handseg import differences, provenance
from handseg.commands.alone import alone_in
from handseg.commands.experiment_members import Places
from handseg.commands.tune_trial import PARTS, Bench
from handseg.errors import BadInput, NonFiniteLoss, OutOfGpuMemory
from handseg.experiments import search as searches
from handseg.experiments.search import Search
from handseg.provenance import Origin
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_RECORD, _ERROR = "search", "error"
_OVER = (TrialState.COMPLETE, TrialState.PRUNED)


def tune(search: str, *, data: Location, out: Location, trials: int | None = None) -> int:
    """Search settings for the best Dice on a held-out fold, by Optuna.

    Trials that do worse at a validation than half of those before are given up. Killed anywhere
    and called again it goes on with the trial it was at; called with more trials it adds to those
    there are. OUT/trials.csv lists them, OUT/best.yaml is a preset with the best settings:
    `handseg run --preset OUT/best.yaml` trains with them on all folds.

    Args:
        search: A search's name, or the path of a YAML file of the same form.
        data: Folder with train/ in the competition's layout.
        out: Local folder of the search; study.db in it is Optuna's SQLite storage.
        trials: How many, those already there among them; by default as the search says.

    Returns:
        0.

    Raises:
        BadInput: `out` holds another search, or no trial could be trained to its end.
    """
    chosen = searches.load(search)
    bench = Bench(chosen, Places(data, Location(str(out.path))))
    with alone_in(out.path):
        started, study = datetime.now(UTC), _study(chosen, out)
        import_module("handseg.stages.split").split(
            data=data, out=bench.places.folds, settings=chosen.split
        )
        left = (chosen.trials if trials is None else trials) - _count(study)
        for number in range(left):
            logger.info("trial %d/%d", number + 1, left)
            _take(study, bench)
        _write(study, chosen, bench.places, started)
    return 0


def _take(study: optuna.Study, bench: Bench) -> None:
    """One trial; what ends it from outside leaves it to be tried again."""
    trial = study.ask()
    try:
        dice = bench.try_out(trial)
    except optuna.TrialPruned:
        logger.info("trial %d: given up, worse than half of those before", trial.number)
        study.tell(trial, state=TrialState.PRUNED)
    except (NonFiniteLoss, OutOfGpuMemory, BadInput) as error:
        logger.warning("trial %d: failed: %s", trial.number, error)
        trial.set_user_attr(_ERROR, str(error))
        study.tell(trial, state=TrialState.FAIL)
    else:
        logger.info("trial %d: Dice %.4f", trial.number, dice)
        study.tell(trial, dice)


def _study(search: Search, out: Location) -> optuna.Study:
    """Open the study, or begin it; trials that were cut short come first again."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(f"sqlite:///{out.path.absolute() / 'study.db'}")
    study = optuna.create_study(
        study_name="handseg",
        storage=storage,
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(
            n_startup_trials=search.pruning.startup_trials,
            n_warmup_steps=round(PARTS * search.pruning.warmup_fraction),
        ),
    )
    record = json.loads(json.dumps(search.to_record()))
    made = study.user_attrs.setdefault(_RECORD, record)
    changes = differences.between(made, record)
    if changes:
        lines = "".join(f"\n  {change}" for change in changes)
        raise BadInput(f"{out}: holds another search (then -> now):{lines}\ngive another --out")
    study.set_user_attr(_RECORD, record)
    # Begun anew, a sampler would suggest once more what it suggested first.
    study.sampler = optuna.samplers.TPESampler(seed=search.seed + len(study.trials))
    _retry(study)
    return study


def _retry(study: optuna.Study) -> None:
    """Try trials again that a kill or a signal ended; their training goes on where it was."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        if trial.params:
            study.enqueue_trial(trial.params)


def _count(study: optuna.Study) -> int:
    """Trials that need not be tried again: over, or failed by their own settings."""
    return sum(trial.state in _OVER or _ERROR in trial.user_attrs for trial in study.trials)


def _record(search: Search, places: Places, started: datetime) -> dict[str, object]:
    with artifact.reading(places.folds) as folds:
        content = artifact.content_hash(folds)
    caches = sorted((places.out.path / "caches").glob("[!.]*"))
    return provenance.record(
        stage="tune",
        settings=search.to_record(),
        parents={"folds": content},
        origin=Origin(data=Origin.of(caches).data, folds=(content,)),
        started=started,
    )


def _write(study: optuna.Study, search: Search, places: Places, started: datetime) -> None:
    """Write trials.csv and best.yaml anew."""
    done, out = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)), places.out
    record = _record(search, places, started)
    with artifact.writing(out.child("trials.csv"), folder=False, replace=True) as path:
        _write_trials(path, study.trials, list(search.ranges))
        provenance.write(path, record)
    if not done:
        raise BadInput(f"{out}: no trial was trained to its end; trials.csv says why")
    best = search.settings(study.best_params)
    preset = {
        "split": asdict(search.split),
        "preprocess": asdict(best.preprocess),
        "train": asdict(best.train),
    }
    said = (
        f"# Trial {study.best_trial.number} of {len(done)}, validation Dice {study.best_value:.4f}"
    )
    with artifact.writing(out.child("best.yaml"), folder=False, replace=True) as path:
        path.write_text(f"{said}\n{yaml.safe_dump(preset, sort_keys=False)}", encoding="utf-8")
        provenance.write(path, record)
    logger.info("best: trial %d, Dice %.4f: %s", study.best_trial.number, study.best_value,
                study.best_params)  # fmt: skip
    logger.info("%s and %s", out.child("trials.csv"), out.child("best.yaml"))


def _write_trials(path: Path, trials: Sequence[FrozenTrial], ranges: Sequence[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", "state", "dice", *ranges, "error"])
        for trial in trials:
            last = max(trial.intermediate_values.items(), default=(0, ""))[1]
            writer.writerow([
                trial.number, trial.state.name.lower(),
                last if trial.value is None else trial.value,
                *(trial.params.get(key, "") for key in ranges), trial.user_attrs.get(_ERROR, ""),
            ])  # fmt: skip
