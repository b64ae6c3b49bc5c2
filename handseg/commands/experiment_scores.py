"""The predictions of an experiment: voted on, scored image by image, and kept."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from handseg import durable, progress, provenance, summary
from handseg.commands import score
from handseg.commands.experiment_members import Places
from handseg.commands.plan import Part
from handseg.errors import BadInput, HandsegError, Terminated
from handseg.experiments.plan import Member, Run
from handseg.experiments.results import Cost, RunScores, together
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """All predictions that could be made."""

    runs: list[RunScores]
    predictions: list[Path]
    """The CSV of each of these."""
    failures: dict[str, str]
    """Why a prediction could not, by its title."""


def score_all(
    runs: Sequence[Run],
    places: Places,
    part: Part,
    *,
    truth: Path,
    people: Mapping[str, str],
    failed: Mapping[str, str],
) -> Scored:
    """Vote and score.

    Args:
        runs: the predictions that are wanted.
        places: where things are.
        part: whose images are scored.
        truth: data folder.
        people: of each image.
        failed: what could not be made before, by its URI, and why.
    """
    found: list[RunScores] = []
    predictions: list[Path] = []
    failures: dict[str, str] = {}
    for run in progress.track(runs, description="predictions", total=len(runs)):
        made_of = [place for member in run.members for place in _needed(member, places, part)]
        reasons = [failed[str(place)] for place in made_of if str(place) in failed]
        try:
            if reasons:
                raise BadInput(reasons[0])
            csv = places.out.child(f"predictions/{run.key(part)}.csv")
            scores = _score(run, csv, places, part, truth=truth, people=people)
            logger.info("%s: Dice %.4f", run.title, scores.dice.mean())
            found.append(scores)
            predictions.append(csv.path)
        except Terminated:
            raise
        except HandsegError as error:
            logger.error("%s: not scored: %s", run.title, error)
            failures[run.title] = str(error)
    return Scored(runs=found, predictions=predictions, failures=failures)


def _needed(member: Member, places: Places, part: Part) -> list[Location]:
    return [places.checkpoint(member), places.store(member, part)]


def _score(
    run: Run,
    csv: Location,
    places: Places,
    part: Part,
    *,
    truth: Path,
    people: Mapping[str, str],
) -> RunScores:
    voters = _best(run.members, places) if run.weights == "best" else run.members
    _vote(run, voters, csv, places=places, part=part)
    names, dice = _dice(csv.path, truth)
    return RunScores(
        arm=run.arm,
        fold=run.fold,
        seed=run.seed,
        image_names=names,
        people=[people[name] for name in names],
        dice=np.array(dice),
        cost=together([_cost(places.checkpoint(member).path) for member in voters]),
    )


def _best(members: Sequence[Member], places: Places) -> tuple[Member, ...]:
    """The member of the greatest validation Dice, which the scored part has no say in."""

    def validated(member: Member) -> float:
        return summary.of_checkpoint(places.checkpoint(member).path)["mean_dice"]

    return (max(members, key=validated),)


def _vote(
    run: Run, members: Sequence[Member], csv: Location, *, places: Places, part: Part
) -> None:
    stores = [places.store(member, part) for member in members]
    arguments: dict[str, Any] = {"stores": stores, "out": csv, "settings": run.ensemble}
    if run.weights == "validation":
        arguments["weights"] = None
    elif isinstance(run.weights, tuple):
        arguments["weights"] = list(run.weights)
    else:
        arguments["weights"] = [1.0] * len(stores)
    if run.weights == "chosen":
        arguments["choice"] = choice = places.out.child(f"choices/{run.key(part)}.json")
        _stage("select")(
            members=[places.checkpoint(member) for member in members],
            stores=[places.store(member, "oof") for member in members],
            cache=places.cache(members[0]),
            folds=places.folds,
            out=choice,
            # Where nothing helps, the choice is the vote with equal weights.
            weights=arguments["weights"],
            settings=run.ensemble,
        )
    _stage("ensemble")(**arguments)


def _stage(name: str) -> Any:
    return getattr(import_module(f"handseg.stages.{name}"), name)


def _dice(csv: Path, truth: Path) -> tuple[list[str], list[list[float]]]:
    """Dice of each image and bone; kept beside the CSV, since 2048 px take a while to score."""
    kept, content = csv.with_suffix(".dice.json"), artifact.content_hash(csv)
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["predictions"] == content:
            return found["images"], found["dice"]
    names, dice = score.dice_of(csv, truth)
    text = json.dumps({"predictions": content, "images": names, "dice": dice.tolist()})
    durable.write_text(kept, text)
    return names, dice.tolist()


def _cost(checkpoint: Path) -> Cost:
    record = provenance.read(checkpoint)
    seconds, peak = record.get("seconds"), record.get("peak_memory_bytes")
    if not isinstance(seconds, int | float) or not isinstance(peak, int):
        raise BadInput(
            f"{checkpoint}: its record says neither seconds nor peak memory; remove it, so that "
            "it is trained again"
        )
    parameters = int(summary.of_checkpoint(checkpoint)["parameters"])
    return Cost(seconds=float(seconds), peak_memory_bytes=peak, parameters=parameters)
