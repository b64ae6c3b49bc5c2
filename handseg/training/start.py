"""What a new training begins with: whom it sees, the classes' shares, and the weights it takes."""

import logging
from dataclasses import dataclass

from handseg.findings import fingerprint, leaks
from handseg.findings import image as image_findings
from handseg.findings.finding import Finding
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.training import validation, warm_start, watch
from handseg.training.checkpoint import WarmStart
from handseg.training.task import Task
from handseg.training.trainer import Trainer

logger = logging.getLogger(__name__)
_KEPT = 20
"""Findings of one name that a card keeps."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """What is known of a training before its first step."""

    prior: list[float]
    """Each class's share of the training pixels."""
    seen: dict[str, list[str]]
    """Whom its weights will have seen, by hashed id; see `handseg.findings.leaks`."""
    findings: list[Finding]
    """About the data of both sides of the fold."""
    seen_and_held_out: list[str]
    """People held out whom the checkpoint it starts from saw."""


def prepare(task: Task, names: list[str], held_out: list[str]) -> Start:
    """Look at the data of both sides of the fold, and at whom a checkpoint to start from saw.

    Raises:
        BadInput: that checkpoint saw people who are held out, and this is not allowed.
    """
    new = fingerprint.of_people(task.cache, held_out)
    seen: dict[str, list[str]] = {}
    again: list[str] = []
    if task.warm_start is not None:
        seen, again = warm_start.admit(
            task.warm_start,
            held_out=new,
            table=task.table,
            folds=task.folds_hash,
            person_key=task.person_key,
        )
    trained_on = fingerprint.of_people(task.cache, names)
    findings = _of_data(task, trained_on, new, [*names, *held_out])
    findings += [
        Finding(
            name="leaking folds",
            about=f"person {person}",
            detail="is held out, and was seen by the checkpoint that this training started from",
        )
        for person in again
    ]
    watch.warn(task.name, findings)
    return Start(
        prior=validation.prior(task.cache, names),
        seen=leaks.joined(leaks.hashed(trained_on), seen),
        findings=findings,
        seen_and_held_out=again,
    )


def _of_data(
    task: Task, trained_on: leaks.Known, new: leaks.Known, names: list[str]
) -> list[Finding]:
    mixed = [
        finding
        for name in names
        for finding in image_findings.of_annotation(name, task.cache.read(name).polygons)
    ]
    return leaks.across_fold(trained_on, new)[:_KEPT] + mixed[:_KEPT]


def weights(task: Task, start: Start, trainer: Trainer) -> WarmStart | None:
    """Give a new trainer the weights its settings and task name.

    Returns:
        What the card says of the checkpoint it starts from, if there is one.

    Raises:
        BadInput: nothing of it matches, or a file is damaged.
        MissingInput: it is not there.
    """
    networks: list[Network] = [trainer.network]
    if trainer.best_network is not trainer.network:
        networks.append(trainer.best_network)
    where = str(task.pretrained_folder or task.settings.model.pretrained)
    if where != "none":
        for network in networks:
            lines = catalogue.load_pretrained(network, where)
        _tell(task, lines)
    if task.warm_start is None:
        return None
    card, matches = warm_start.load(task.warm_start, networks)
    _tell(task, warm_start.report(card, matches))
    return warm_start.record(task.warm_start, card, matches, start.seen_and_held_out)


def _tell(task: Task, lines: list[str]) -> None:
    for line in lines:
        logger.info("%s: %s", task.name, line)
