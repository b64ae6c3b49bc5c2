"""A trained member on disk: weights in safetensors, and a card that says what they are.

The card holds no time and no host, so that equal trainings have equal checkpoints, and the stores
that name them by their content are equal too; what a training took stands in its run.json.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from handseg import bone_list, bones, durable, plain_text
from handseg.errors import BadInput, MissingInput, shown, told
from handseg.findings.finding import Finding
from handseg.models import catalogue
from handseg.models.network import Network
from handseg.settings import TrainSettings
from handseg.settings_codec import from_dict
from handseg.training.identity import Change
from handseg.training.loss_curve import LossPoint

MODEL = "model.safetensors"
CARD = "card.json"
_AGAIN = "train the member again"
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One line of a member's history."""

    step: int
    epoch: float
    """Passes over the training images so far."""
    loss: float
    """Mean loss since the line before."""
    learning_rate: float
    input_px: int
    dice: float | None = None
    """Mean Dice on the held-out fold at full size; None where it was not measured."""
    train_dice: float | None = None
    """Mean Dice on a few training images, as they are, at full size."""
    found: dict[str, int] = field(default_factory=dict)
    """Held-out images with a finding (`handseg.findings.finding`), by its name."""


@dataclass(frozen=True, kw_only=True)
class WarmStart:
    """The checkpoint that a member started from."""

    member: str
    """Its name."""
    checkpoint: str
    """Its content hash."""
    values: int
    """Numbers that were taken over."""
    of_values: int
    """Numbers in all of the network's tensors."""
    allow_seen: bool
    """Whether it was taken whatever it had seen."""
    seen_and_held_out: list[str]
    """People held out whom it is known to have seen; none unless `allow_seen`."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a checkpoint is: settings, classes, held-out fold, hashes and how well it does."""

    name: str
    fold: int
    """The held-out fold: its people were never trained on."""
    train: TrainSettings
    cache: str
    """Content hash of the image cache."""
    folds: str
    """Content hash of the fold table."""
    prior: list[float]
    """Each class's share of the training pixels."""
    steps: int
    """Planned optimiser steps; calibrated once when the length is given in minutes."""
    parameters: int
    device: str
    """What it was trained on, with its precision."""
    classes: list[str] = field(default_factory=lambda: list(bones.NAMES))
    best_step: int = 0
    """Step of the weights in model.safetensors."""
    mean_dice: float | None = None
    dice_per_class: dict[str, float] = field(default_factory=dict)
    """Dice of the best step on the held-out fold, by class name."""
    history: list[Measurement] = field(default_factory=list)
    losses: list[LossPoint] = field(default_factory=list)
    """The training loss in finer steps than the history; none of before there was such a list."""
    seen: dict[str, list[str]] = field(default_factory=dict)
    """Everyone its weights saw, here and in checkpoints it came from: hashed id of the person ->
    what that person's images are known by; see `handseg.findings.fingerprint`."""
    person_key: str = ""
    """Fingerprint of the key whose hashes are people's ids here; empty if they have their own."""
    warm_start: WarmStart | None = None
    findings: list[Finding] = field(default_factory=list)
    """Named warnings about its data and its course."""
    changes: list[Change] = field(default_factory=list)
    """Settings that it went on with instead of those it began with; `train` has the last ones."""
    format: int = FORMAT


def save_card(folder: Path, card: Card) -> None:
    """Write card.json into a checkpoint folder."""
    durable.write_text(folder / CARD, json.dumps(asdict(card), indent=1) + "\n")


def load_card(folder: Path) -> Card:
    """Read a checkpoint's card.

    Raises:
        MissingInput: there is none.
        BadInput: it is not a card, of another format, or of other classes.
    """
    path = folder / CARD
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the folder that `handseg train` wrote")
    values = plain_text.read_json(path, remedy=_AGAIN)
    if not isinstance(values, dict) or "format" not in values:
        raise BadInput(f"{path}: not a checkpoint's card; {_AGAIN}")
    if values["format"] != FORMAT:
        found = shown(values["format"])
        raise BadInput(f"{path}: format {found}, this version reads {FORMAT}; train it again")
    try:
        card = from_dict(Card, values)
    except BadInput as error:
        raise BadInput(f"{path}: not a checkpoint's card ({told(error)}); {_AGAIN}") from error
    if tuple(card.classes) != bones.NAMES:
        raise BadInput(
            f"{path}: its classes or their order are not the {bones.COUNT} bones of this process; "
            f"train it again, or {bone_list.REMEDY}"
        )
    return card


def load_model(folder: Path, weights: str = MODEL) -> tuple[Network, Card]:
    """Read a checkpoint folder.

    Args:
        folder: what `handseg train` wrote.
        weights: which file of it, the best weights by default.

    Returns:
        The network on the CPU in evaluation mode, and its card.

    Raises:
        MissingInput: a file is missing.
        BadInput: a file is damaged, or the weights do not fit the network the card names.
    """
    card = load_card(folder)
    path = folder / weights
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the folder that `handseg train` wrote")
    network = catalogue.build(card.train.model)
    try:
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        raise BadInput(
            f"{path}: not the weights of {card.train.model.name} ({told(error)})"
        ) from error
    return network.eval(), card
