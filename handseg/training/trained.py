"""A training that is complete: what it made, what it cost, and how it becomes a checkpoint."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from handseg.findings import course
from handseg.training import checkpoint, model_card, resume, tensor_files
from handseg.training.checkpoint import Card
from handseg.training.cost import Cost
from handseg.training.resume import Progress
from handseg.training.task import Task
from handseg.training.trainer import Trainer

LAST = "last.safetensors"


def of(task: Task, state: Progress, trainer: Trainer, *, device: str) -> "Trained":
    """What a training ends with; writes its last weights beside the best ones.

    Args:
        task: the training.
        state: after its last step and validation.
        trainer: likewise.
        device: what it was trained on, in words.
    """
    best = state.best_dice_per_class
    last = dict(trainer.best_network.state_dict())
    card = Card(
        name=task.name,
        fold=task.fold,
        train=task.settings,
        cache=task.cache_hash,
        folds=task.folds_hash,
        prior=state.prior,
        steps=state.plan.total,
        device=device,
        parameters=sum(p.numel() for p in trainer.network.parameters()),
        best_step=state.best_step,
        mean_dice=float(np.mean(list(best.values()))),
        dice_per_class=best,
        history=state.history,
        losses=state.loss_curve.points,
        seen=state.seen,
        person_key=task.person_key,
        warm_start=state.warm_start,
        findings=[*state.findings, *course.of_history(task.name, state.history)],
        changes=state.changes,
    )
    return Trained(
        card,
        state.cost,
        best=resume.best_weights(task.folder, state),
        last=resume.save_weights(task.folder, "last", last),
    )


class Trained(NamedTuple):
    """What a training ends with."""

    card: Card
    cost: Cost
    best: Path
    """Weights of the best step, as `tensor_files` wrote them."""
    last: Path
    """Weights of the last step, likewise."""

    def record(self) -> dict[str, object]:
        """What its run.json says beside its settings: what it cost, and what changed on the way."""
        return {**asdict(self.cost), "changes": [asdict(change) for change in self.card.changes]}

    def publish(self, into: Path) -> None:
        """Copy what the training left in its folder into a checkpoint folder.

        The training's own folder stays whole, so that a process killed here need not train again.

        Raises:
            BadInput: a file was damaged since it was written.
        """
        tensor_files.publish(self.best, into / checkpoint.MODEL)
        tensor_files.publish(self.last, into / LAST)
        checkpoint.save_card(into, self.card)
        words = model_card.text(self.card)
        (into / model_card.FILE_NAME).write_text(words, encoding="utf-8")
