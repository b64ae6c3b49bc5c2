"""`handseg run`: every stage on this machine, one after another; what is done is not done again."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from typing import Annotated, Any, TypeAlias

from handseg import differences, provenance, pseudonyms
from handseg.commands import machine, networks
from handseg.commands.check import check
from handseg.commands.plan import Part, Step, steps
from handseg.commands.time_left import TimeLeft
from handseg.dataset import layout
from handseg.dataset.layout import ImageRecord
from handseg.ensemble.nesting import LEAST_GROUPS
from handseg.errors import BadInput
from handseg.presets import catalogue
from handseg.presets.catalogue import Preset
from handseg.provenance import Origin
from handseg.settings import (
    EnsembleSettings,
    InferSettings,
    PreprocessSettings,
    SplitSettings,
    TrainSettings,
)
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
Values: TypeAlias = Mapping[str, Any]
_RECORD = "run.json"


def run(
    *,
    data: Location,
    out: Location,
    preset: str = "demo",
    split: Annotated[Values | None, SplitSettings] = None,
    preprocess: Annotated[Values | None, PreprocessSettings] = None,
    train: Annotated[Values | None, TrainSettings] = None,
    infer: Annotated[Values | None, InferSettings] = None,
    ensemble: Annotated[Values | None, EnsembleSettings] = None,
    no_images: bool = False,
) -> int:
    """Check the data, then run split, eda, preprocess, train, infer, ensemble and report.

    Killed anywhere and called again it goes on; complete, it does nothing. What is left out of
    the settings below is the preset's. With --ensemble.select, how members vote is chosen on
    out-of-fold predictions first. HANDSEG_TENSORBOARD and HANDSEG_MLFLOW in the environment name
    trackers of its trainings (see handseg train --help).

    Args:
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        out: The run's folder: folds.csv, eda/, cache/, members/, stores/, submission.csv,
            report.html, and choice.json where it is asked for.
        preset: A preset's name, or the path of a YAML file of the same form.
        split: Replaces settings of the preset's split.
        preprocess: Replaces settings of the preset's preprocess.
        train: Replaces settings of every member's train.
        infer: Replaces settings of the preset's infer.
        ensemble: Replaces settings of the preset's ensemble.
        no_images: Leave every X-ray out of the two pages.

    Returns:
        0, or 2 where the data has faults, which are printed.

    Raises:
        BadInput: `out` was made from other data or settings, or calls people otherwise, and the
            message lists the differences; or it cannot be written, or this machine lacks what a
            step asks for.
    """
    given = {
        "split": split,
        "preprocess": preprocess,
        "train": train,
        "infer": infer,
        "ensemble": ensemble,
    }
    chosen = catalogue.load(preset, {name: values for name, values in given.items() if values})
    made = _made_before(out)
    if made is None:
        _require_possible(chosen, data, out)
    faulty = check(data) if made is None else 0
    return faulty or _run(chosen, data, out, made=made, no_images=no_images)


def _require_possible(chosen: Preset, data: Location, out: Location) -> None:
    """Refuse before the data is read what could not be written, or done on this machine."""
    # Whether there is a test part is not known yet.
    plan = steps(chosen, data=data, out=out, part="test")
    # Under a prefix all is alike.
    written = [] if out.is_remote else [p for step in plan for p in (step.out, *step.also)]
    for place in (out.child(_RECORD), *written):
        artifact.require_writable(place)
    machine.check(plan)


def _run(
    chosen: Preset, data: Location, out: Location, *, made: Values | None, no_images: bool
) -> int:
    started, hidden = datetime.now(UTC), pseudonyms.from_environment()
    if made is not None:
        hidden.check(out, made.get("parents"))
    images = layout.renamed(layout.scan(raw.reading_raw(data)), hidden.of)
    part: Part = "test" if any(image.part == "test" for image in images) else "oof"
    made_of = {
        "settings": _settings(chosen, part, no_images=no_images),
        "parents": {"data": layout.data_hash(images), **hidden.recorded()},
    }
    plan = steps(chosen, data=data, out=out, part=part, no_images=no_images)
    if made is not None:
        _check_same(out, made, made_of)
        if all(_is_there(step) for step in plan):
            artifact.tidy(out.child(_RECORD))
            logger.info("nothing to do: %s is complete", out)
            return 0
    if part == "oof":
        logger.info("there is no test part: submission.csv will hold the out-of-fold predictions")
    logger.info("preset %s: %d members, %d steps", chosen.name, len(chosen.members), len(plan))
    _check_choice(chosen, images)
    if not all(_is_there(step) for step in plan if step.stage == "train"):
        networks.check({f"member {m.name}": m.train for m in chosen.members})
    _take(plan)
    _write_record(out, plan, made_of, started)
    logger.info("done: %s and %s", out.child("submission.csv"), out.child("report.html"))
    return 0


def _settings(preset: Preset, part: Part, *, no_images: bool) -> dict[str, Any]:
    """A preset as a mapping; its members by name, so that a difference names the member."""
    members = {member.name: asdict(member) for member in preset.members}
    asked = {"no_images": True} if no_images else {}
    return {**asdict(preset), "members": members, "part": part, **asked}


def _is_there(step: Step) -> bool:
    return all(artifact.exists(place) for place in (step.out, *step.also))


def _check_choice(preset: Preset, images: Sequence[ImageRecord]) -> None:
    """Refuse or warn before the trainings of what a choice after them would be refused for."""
    if not preset.ensemble.select:
        return
    people = len({image.person for image in images if image.part == "train"})
    if people < LEAST_GROUPS:
        raise BadInput(
            f"ensemble.select: {people} people; a choice is tried on people that had no part in "
            f"it, which takes {LEAST_GROUPS}: give more, or leave ensemble.select out"
        )
    infer = preset.infer
    if infer.tta_flip or infer.tta_rotate_degrees or infer.tta_scales:
        logger.warning(
            "infer.tta_* changes the test part's probabilities and not the out-of-fold ones, on "
            "which ensemble.select chooses"
        )


def _take(plan: Sequence[Step]) -> None:
    clock = TimeLeft()
    for index, step in enumerate(plan):
        there = _is_there(step)
        note = "already there" if there else clock.of(plan[index:])
        dash = " - " if note else ""
        logger.info("step %d/%d %s%s%s", index + 1, len(plan), step.title, dash, note)
        begun = time.monotonic()
        getattr(import_module(f"handseg.stages.{step.stage}"), step.stage)(**step.arguments)
        if not there:
            seconds = time.monotonic() - begun
            clock.note(step, seconds)
            logger.info("step %d/%d %s took %.1f s", index + 1, len(plan), step.title, seconds)


def _made_before(out: Location) -> dict[str, Any] | None:
    place = out.child(_RECORD)
    if not artifact.exists(place):
        return None
    with artifact.reading(place) as path:
        return provenance.read(path)


def _check_same(out: Location, made: Values, now: Values) -> None:
    then = {key: made.get(key) for key in now}
    changes = differences.between(then, json.loads(json.dumps(now)))
    if changes:
        raise BadInput(
            f"{out}: this run was made otherwise (then -> now):"
            + "".join(f"\n  {change}" for change in changes)
            + "\ngive another --out, or remove it"
        )


def _write_record(out: Location, plan: Sequence[Step], made_of: Values, started: datetime) -> None:
    """Write RUN/run.json: what the run was made of, the times of its steps and all they made."""
    found = {}
    for step in plan:
        record = json.loads(artifact.read_record(step.out) or "{}")
        keys = ("started", "ended", "device", "parents")
        found[step.title] = {key: record[key] for key in keys if key in record}
    made = {
        place.uri.removeprefix(f"{out.uri}/"): artifact.fingerprint(place)
        for step in plan
        for place in (step.out, *step.also)
    }
    record = provenance.record(
        stage="run",
        **made_of,
        origin=Origin(data=(made_of["parents"]["data"],), folds=(made["folds.csv"].content,)),
        started=started,
        extra={"steps": found, "artifacts": {name: asdict(one) for name, one in made.items()}},
    )
    with artifact.writing(out.child(_RECORD), folder=False, replace=True) as path:
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
