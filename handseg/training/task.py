"""What one member is trained on, and the checks before its first step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from handseg import bones, pseudonyms
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.settings import TrainSettings
from handseg.tracking import choice
from handseg.tracking.choice import Choice
from handseg.training import distributed, identity
from handseg.training.call import Call
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from handseg.training.stopping import Ending
from handseg.training.warm_start import Source


@dataclass(frozen=True, kw_only=True)
class Task:
    """What one member is trained on, and where."""

    name: str
    cache: ImageCache
    table: FoldTable
    fold: int
    folder: Path
    """Filled here; holds `resume/` until the training is complete."""
    settings: TrainSettings
    cache_hash: str
    folds_hash: str
    on_checkpoint: Callable[[Path], None]
    """Called with the folder after every checkpoint."""
    ending: Ending
    """Asked after every step, and in every validation."""
    call: Call = field(default_factory=Call)
    """How this call goes about it."""
    warm_start: Source | None = None
    """A related checkpoint whose weights to begin with, as far as they match."""
    pretrained_folder: Path | None = None
    """What `settings.model.pretrained` names, where that had to be fetched."""
    tracking: Choice = field(default_factory=choice.from_environment)
    """Trackers that are told its course; by default those that the environment names."""
    on_validation: Callable[[Measurement, Lap], None] | None = None
    """Called on process 0 after every validation, when its checkpoint is written; what it raises
    ends the training, which can still be resumed."""

    @property
    def identity(self) -> dict[str, str]:
        """What the training is; see `handseg.training.identity`."""
        return {
            **identity.of_settings(self.settings),
            "fold": str(self.fold),
            "cache": self.cache_hash,
            "fold table": self.folds_hash,
            "classes": ",".join(bones.NAMES),
            **({"warm start": self.warm_start.content} if self.warm_start else {}),
        }

    @property
    def person_key(self) -> str:
        """Fingerprint of the key whose hashes people are called by; empty for their own ids."""
        return self.cache.metadata.get(pseudonyms.RECORDED, "")

    def sides(self) -> tuple[list[str], list[str]]:
        """Image names on either side of the fold: trained on, and held out.

        Raises:
            BadInput: there is no such fold, the table is not the cache's, a person is on both
                sides, or the batch cannot be shared among the processes.
        """
        names, held_out = self.table.training(self.fold), self.table.held_out(self.fold)
        if not held_out or not names:
            raise BadInput(f"fold {self.fold} is not in the fold table; give one that is")
        people = self.cache.people("train")
        self.table.check_fits(people, source="fold table", where=f"cache {self.cache.folder}")
        shared = {people[name] for name in names} & {people[name] for name in held_out}
        if shared:
            raise BadInput(
                f"people on both sides of fold {self.fold}: {sorted(shared)}; split again"
            )
        if self.settings.batch_size % distributed.ranks():
            raise BadInput(
                f"batch_size {self.settings.batch_size} is no multiple of the "
                f"{distributed.ranks()} processes; change one of them"
            )
        return names, held_out
