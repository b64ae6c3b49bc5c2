"""The resumable state of a training: written whole with its SHA-256, the newest intact one read."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from handseg import durable
from handseg.errors import BadInput
from handseg.findings.finding import Finding
from handseg.settings_codec import from_dict
from handseg.training.checkpoint import Measurement, WarmStart, save_tensors
from handseg.training.cost import Cost, Lap
from handseg.training.schedule import Plan

logger = logging.getLogger(__name__)
FOLDER = "resume"
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
    best_dice_per_class: dict[str, float]
    history: list[Measurement]
    laps: list[Lap]
    """What it had taken at each line of the history."""
    identity: dict[str, str]
    """What may not change between two halves of one training: settings, data, folds."""
    loss_sum: float = 0.0
    """Of the losses since the last validation."""
    loss_count: int = 0
    """Steps since the last validation."""
    peak_memory_bytes: int = 0
    """The most that any of its processes used so far; see `memory.peak_bytes`."""
    seen: dict[str, list[str]] = field(default_factory=dict)
    warm_start: WarmStart | None = None
    findings: list[Finding] = field(default_factory=list)
    """As in the card; those of its course change until it ends."""

    @property
    def cost(self) -> Cost:
        """What it has taken so far."""
        return Cost(seconds=self.seconds, peak_memory_bytes=self.peak_memory_bytes, laps=self.laps)


def save(folder: Path, progress: Progress, tensors: dict[str, Tensor]) -> Path:
    """Write the state of a step; the two newest are kept.

    Args:
        folder: the checkpoint folder being filled.
        progress: see `Progress`.
        tensors: network, moving average and optimiser, by name.

    Returns:
        The file written; its SHA-256 stands in the file of the same name plus `.sha256`.
    """
    states = folder / FOLDER
    states.mkdir(parents=True, exist_ok=True)
    path = states / f"step-{progress.step:08d}.safetensors"
    save_tensors(path, tensors, {"progress": json.dumps(asdict(progress))})
    durable.write_text(_sums(path), f"{_sha256(path)}  {path.name}\n")
    for old in sorted(states.glob("step-*.safetensors"))[:-_KEPT]:
        _sums(old).unlink(missing_ok=True)
        old.unlink()
    return path


def load(folder: Path) -> tuple[Progress, dict[str, Tensor]] | None:
    """Read the newest intact state, or None where there is none yet.

    Raises:
        BadInput: there are states and all of them are damaged.
    """
    states = sorted((folder / FOLDER).glob("step-*.safetensors"), reverse=True)
    for place in (folder, folder / FOLDER):
        durable.remove_stray(place)
    for path in states:
        sums = _sums(path)
        if sums.is_file() and sums.read_text(encoding="utf-8").startswith(_sha256(path)):
            return _read(path)
        logger.warning("%s is damaged or incomplete; trying the state before it", path)
    if states:
        raise BadInput(
            f"{folder / FOLDER}: every state in it is damaged; remove it to start afresh"
        )
    return None


def has_begun(folder: Path) -> bool:
    """Whether a training has left a state in its folder."""
    return any((folder / FOLDER).glob("step-*.safetensors"))


def _sums(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> tuple[Progress, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            progress = from_dict(Progress, json.loads(file.metadata()["progress"]))
            return progress, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path}: written by another version ({error}); remove its folder"
        ) from error


def check_identity(found: dict[str, str], wanted: dict[str, str], folder: Path) -> None:
    """Refuse to go on with other settings, data or folds.

    Raises:
        BadInput: lists every difference.
    """
    changed = [
        f"{key}: was {found.get(key)}, now {wanted.get(key)}"
        for key in sorted({*found, *wanted})
        if found.get(key) != wanted.get(key)
    ]
    if changed:
        raise BadInput(
            f"{folder} holds a training begun otherwise ({'; '.join(changed)}); "
            "train into another --out, or remove that folder"
        )


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
