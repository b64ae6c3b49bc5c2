"""A training that is complete: what it made, what it cost, and how it becomes a checkpoint."""

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from handseg.training import checkpoint, model_card, tensor_files
from handseg.training.checkpoint import Card
from handseg.training.cost import Cost

LAST = "last.safetensors"


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
