"""A training that is complete: what it made, what it cost, and how it becomes a checkpoint."""

import shutil
from pathlib import Path
from typing import NamedTuple

from handseg.training import checkpoint
from handseg.training.checkpoint import Card
from handseg.training.cost import Cost

BEST = "best.safetensors"
LAST = "last.safetensors"


class Trained(NamedTuple):
    """What a training ends with, beside the weights in its folder."""

    card: Card
    cost: Cost

    def publish(self, folder: Path, into: Path) -> None:
        """Copy what the training left in its folder into a checkpoint folder.

        The training's own folder stays whole, so that a process killed here need not train again.
        """
        shutil.copyfile(folder / BEST, into / checkpoint.MODEL)
        shutil.copyfile(folder / LAST, into / LAST)
        checkpoint.save_card(into, self.card)
