"""The state of a training, its SHA-256 made to match, so that what it says counts."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import save

from handseg import bones
from handseg.training import identity, resume
from handseg.training.resume import Progress
from handseg.training.schedule import Plan
from tests.fuzz.changes import tensors
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_PLAN = Plan(sizes_px=[64], steps=[100], fractions=[1.0], images=8)
_PROGRESS = Progress(
    step=50,
    seconds=3.5,
    plan=_PLAN,
    prior=[0.01] * bones.COUNT,
    best_step=50,
    best_weights="",
    best_dice_per_class={"Ulna": 0.9},
    history=[],
    laps=[],
    identity={"cache": "a" * 64},
)


def corpus() -> list[bytes]:
    """A state of two tensors, and one of none."""
    some = {"network/weight": torch.arange(6.0).reshape(2, 3), "best/step": torch.tensor(7)}
    return [_file(some, _PROGRESS), _file({}, replace(_PROGRESS, loss_count=3))]


def _file(values: dict[str, torch.Tensor], progress: Progress) -> bytes:
    return bytes(save(values, {"progress": json.dumps(asdict(progress))}))


def read(content: bytes, folder: Path) -> None:
    """Load it, and take its groups of tensors apart."""
    states = folder / resume.FOLDER
    states.mkdir(exist_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    (states / f"step-00000050-{digest}.safetensors").write_bytes(content)
    found = resume.load(folder)
    must(found is not None, "a state that is there is not found")
    progress, values = found or (_PROGRESS, {})
    held = sum(value.nelement() * value.element_size() for value in values.values())
    must(held <= len(content), "tensors larger than their file")
    must(set(resume.unpack(values, "network")) <= {n.partition("/")[2] for n in values}, "groups")
    must("/" not in progress.best_weights, "weights that lie elsewhere")
    identity.changes(progress.identity, progress.identity, step=1, folder=folder, allowed=False)


TARGET = Target(
    corpus=corpus, read=read, change=tensors.change, names=resume.FOLDER, most_bytes=8192
)
