"""The resumable state of a training: written whole with its SHA-256, the newest intact one read."""

import json
import logging
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from handseg import durable
from handseg.errors import BadInput, MissingInput, shown, told
from handseg.findings.finding import Finding
from handseg.settings_codec import from_dict
from handseg.training import identity, tensor_files
from handseg.training.checkpoint import Measurement, WarmStart
from handseg.training.cost import Cost, Lap
from handseg.training.identity import Change
from handseg.training.loss_curve import LossCurve
from handseg.training.schedule import Plan
from handseg.training.task import Task

logger = logging.getLogger(__name__)
FOLDER = "resume"
_STATE = "step"
_KEPT = 2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a training stands, besides its tensors."""

    step: int
    """Optimiser steps done."""
    seconds: float
    """Taken for them and their validations, over all resumptions."""
    plan: Plan
    prior: list[float]
    best_step: int
    best_weights: str
    """File of that step's weights; empty before the first validation."""
    best_dice_per_class: dict[str, float]
    history: list[Measurement]
    laps: list[Lap]
    """What it had taken at each line of the history."""
    identity: dict[str, str]
    """What it is: settings, data, folds; see `handseg.training.identity`."""
    loss_sum: float = 0.0
    """Of the losses since the last validation."""
    loss_count: int = 0
    """Steps since the last validation."""
    loss_curve: LossCurve = field(default_factory=LossCurve)
    learning_rate: float = 0.0
    """Of the last step."""
    peak_memory_bytes: int = 0
    """The most that any of its processes used so far; see `memory.peak_bytes`."""
    seen: dict[str, list[str]] = field(default_factory=dict)
    warm_start: WarmStart | None = None
    findings: list[Finding] = field(default_factory=list)
    """As in the card; those of its course change until it ends."""
    changes: list[Change] = field(default_factory=list)
    """As in the card."""

    @property
    def cost(self) -> Cost:
        """What it has taken so far."""
        return Cost(seconds=self.seconds, peak_memory_bytes=self.peak_memory_bytes, laps=self.laps)


def save(folder: Path, progress: Progress, tensors: dict[str, Tensor]) -> Path:
    """Write the state of a step; the two newest are kept, and the best weights that they name.

    Args:
        folder: the checkpoint folder being filled.
        progress: see `Progress`.
        tensors: network, moving average and optimiser, by name.

    Returns:
        The file written.

    Raises:
        DiskFull: the states before are as they were.
    """
    stem = f"{_STATE}-{progress.step:08d}"
    metadata = {"progress": json.dumps(asdict(progress))}
    path = tensor_files.save(_states(folder), stem, tensors, metadata)
    # Later ones are damaged: the training has gone back before them.
    before = [old for old in _newest_first(folder) if old.name < stem]
    kept = [path, *before[: _KEPT - 1]]
    named = {progress.best_weights, *(_best_weights(old) for old in kept[1:])}
    for old in path.parent.glob("*.safetensors"):
        if old not in kept and old.name not in named:
            old.unlink()
    return path


def save_weights(folder: Path, stem: str, weights: dict[str, Tensor]) -> Path:
    """Write weights beside the states, such as the best; `Progress.best_weights` keeps them."""
    return tensor_files.save(_states(folder), stem, weights, {})


def best_weights(folder: Path, progress: Progress) -> Path:
    """The file of the best weights up to a state."""
    return folder / FOLDER / progress.best_weights


def load(folder: Path) -> tuple[Progress, dict[str, Tensor]] | None:
    """Read the newest intact state, or None where there is none yet.

    Raises:
        BadInput: there are states and all of them are damaged.
    """
    for place in (folder, folder / FOLDER):
        durable.remove_stray(place)
    states = _newest_first(folder)
    for path in states:
        damaged = path
        if tensor_files.is_intact(path):
            progress = _progress(path)
            damaged = best_weights(folder, progress)
            if not progress.best_weights or tensor_files.is_intact(damaged):
                return progress, _tensors(path)
        logger.warning("%s is damaged; trying the state before it", damaged)
    if states:
        raise BadInput(
            f"{folder / FOLDER}: every state in it is damaged; remove it to start afresh"
        )
    return None


def admitted(progress: Progress, task: Task) -> Progress:
    """The state that a task goes on with: what was saved, and what is changed from there on.

    Raises:
        BadInput: it is of other data, folds or settings than may change; lists every difference.
    """
    changed = identity.changes(
        progress.identity,
        task.identity,
        step=progress.step,
        folder=task.folder,
        allowed=task.call.allow_changes,
    )
    for change in changed:
        logger.info("%s: %s", task.name, change)
    return replace(progress, identity=task.identity, changes=[*progress.changes, *changed])


def nothing_begun(place: object) -> MissingInput:
    """What is raised where a call is only to go on, and there is nothing; names the place."""
    return MissingInput(
        f"{place}: holds no training to go on with; correct --state or --out, or leave --resume "
        "out to begin one"
    )


def has_begun(folder: Path) -> bool:
    """Whether a training has left a state in its folder."""
    return bool(_newest_first(folder))


def _states(folder: Path) -> Path:
    """Where the states lie; what is written there appears in a folder that is itself durable."""
    states = folder / FOLDER
    if not states.is_dir():
        states.mkdir(parents=True)
        durable.sync(folder)
    return states


def _newest_first(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob(f"{_STATE}-*.safetensors"), reverse=True)


def _best_weights(path: Path) -> str:
    """What a state names as the best weights; nothing where it is damaged."""
    try:
        return _progress(path).best_weights
    except BadInput:
        return ""


def _progress(path: Path) -> Progress:
    try:
        with safe_open(path, framework="pt") as file:
            found = from_dict(Progress, json.loads(file.metadata()["progress"]))
            if Path(found.best_weights).name != found.best_weights:
                raise ValueError(f"best weights in {shown(found.best_weights)}")
            return found
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(
            f"{path}: written by another version ({told(error)}); remove its folder"
        ) from error


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise BadInput(
            f"{path}: tensors that torch does not know ({told(error)}); remove its folder"
        ) from error


def pack(groups: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """Join named groups of tensors into one mapping, `group/name`."""
    return {
        f"{group}/{name}": tensor
        for group, names in groups.items()
        for name, tensor in names.items()
    }


def unpack(tensors: dict[str, Tensor], group: str) -> dict[str, Tensor]:
    """Take one group out of a packed mapping."""
    prefix = group + "/"
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Adam's moments and step counts as a flat mapping, `index.name`."""
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": torch.as_tensor(value)
        for index, moments in state.items()
        for name, value in moments.items()
    }


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put the moments back that `optimizer_tensors` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
