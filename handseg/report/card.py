"""A member's card.json, read without torch: the report is made in an image that has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handseg import plain_text
from handseg.errors import BadInput, MissingInput, shown, told
from handseg.findings.finding import Finding
from handseg.settings import TrainSettings
from handseg.settings_codec import from_dict
from handseg.training.identity import Change
from handseg.training.loss_curve import LossPoint

_CARD = "card.json"
_AGAIN = "train the member again"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a member's training history."""

    step: int
    epoch: float
    loss: float
    """Mean loss since the line before."""
    dice: float | None = None
    """Mean Dice on the held-out fold; None where it was not measured."""
    train_dice: float | None = None
    """Mean Dice on a few training images."""
    found: dict[str, int] | None = None
    """Held-out images with a finding, by its name; None where nobody looked."""


@dataclass(frozen=True, kw_only=True)
class MemberCard:
    """What the report says of a trained member."""

    name: str
    fold: int
    """The held-out fold."""
    train: TrainSettings
    steps: int
    parameters: int
    best_step: int = 0
    """Step of the weights that were kept."""
    mean_dice: float | None = None
    """Dice of the kept weights on the held-out fold, as training measured it."""
    history: list[Line] = field(default_factory=list)
    losses: list[LossPoint] = field(default_factory=list)
    """The training loss in finer steps than the history; older cards have none."""
    findings: list[Finding] = field(default_factory=list)
    """Named warnings about its data and its course."""
    changes: list[Change] = field(default_factory=list)
    """Settings that it went on with instead of those it began with."""


def read(folder: Path) -> MemberCard:
    """Read the card of a checkpoint folder.

    Raises:
        MissingInput: there is none.
        BadInput: it is not a card.
    """
    path = folder / _CARD
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the folder that `handseg train` wrote")
    values = plain_text.read_json(path, remedy=_AGAIN)
    try:
        return parse(values)
    except BadInput as error:
        raise BadInput(f"{path}: not a checkpoint's card ({told(error)}); {_AGAIN}") from error


def parse(card: object) -> MemberCard:
    """Take from a card what the report uses; everything else in it is passed over.

    Raises:
        BadInput: something is missing or of another type.
    """
    values = _chosen(card, MemberCard)
    history = values.get("history", [])
    if not isinstance(history, list):
        raise BadInput(f"card: history is no list: {shown(history)}")
    values["history"] = [_chosen(line, Line) for line in history]
    return from_dict(MemberCard, values, where="card")


def _chosen(values: object, cls: type) -> dict[str, object]:
    if not isinstance(values, Mapping):
        raise BadInput(f"card: no mapping: {shown(values)}")
    return {key: value for key, value in values.items() if key in cls.__annotations__}
