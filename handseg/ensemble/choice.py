"""A choice of weights, thresholds and cleaning, and the evidence for it: the file choice.json."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from handseg import bones, plain_text
from handseg.ensemble.rule import Rule, Voting
from handseg.ensemble.shares import Shares
from handseg.errors import BadInput, MissingInput, told
from handseg.inference.store import StoreCard
from handseg.settings import EnsembleSettings
from handseg.settings_codec import from_dict

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class ChosenMember:
    """One member of the vote."""

    name: str
    family: str
    fold: int
    """Its held-out fold."""
    checkpoint: str
    """Hash of its checkpoint."""
    given: float
    """Its weight among its family before the choice."""
    weight: float
    """Its weight among its family; 0 is left out."""


@dataclass(frozen=True, kw_only=True)
class ChosenFamily:
    """Members alike but for fold and seed."""

    name: str
    given: float
    """Its weight before the choice: that of its members together."""
    weight: float
    """Its weight; 0 is left out."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over images, and how far it may be off: people drawn anew many times."""

    mean: float
    low: float
    """2.5 of 100 draws lie below."""
    high: float
    """2.5 of 100 draws lie above."""


@dataclass(frozen=True, kw_only=True)
class StepEvidence:
    """One step that was tried."""

    name: str
    kept: bool
    """Whether the choice made of all people keeps it."""
    kept_in: int
    """In how many of the nested folds it was kept."""
    gain: Interval
    """Mean Dice it adds to the steps before on people that had no part in choosing."""
    result: str
    """What was chosen, in words."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What out-of-fold predictions say about the choice."""

    images: int
    people: int
    nested_folds: int
    given: float
    """Mean Dice before the choice, over images and bones."""
    chosen: float
    """Mean Dice of choices made without the people they are scored on."""
    gain: Interval
    """The difference of the two."""
    helps: bool
    """Whether the gain is above 0; where it is not, the choice is the vote as it was."""
    steps: list[StepEvidence] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    """What out-of-fold predictions cannot tell here, a sentence each."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How members are to vote; all that applying it takes."""

    members: list[ChosenMember]
    families: list[ChosenFamily]
    thresholds: list[float]
    """Of each bone in the official order."""
    voting: Voting
    largest_component: bool
    settings: EnsembleSettings
    """What the choice began with."""
    evidence: Evidence
    format: int = _FORMAT

    @property
    def rule(self) -> Rule:
        """How its vote becomes masks."""
        return Rule(
            thresholds=tuple(self.thresholds),
            voting=self.voting,
            largest_component=self.largest_component,
        )

    def check_made_with(
        self, cards: Sequence[StoreCard], weights: Sequence[float], settings: EnsembleSettings
    ) -> None:
        """Refuse weights and settings that the choice would silently replace.

        Args:
            cards: of the stores.
            weights: of their members before the choice.
            settings: whether they ask for a choice makes no difference.

        Raises:
            BadInput: the choice began with others.
        """
        began, now = (replace(s, select=False) for s in (self.settings, settings))
        if began != now:
            raise BadInput(f"choice: began with {began}, and {now} is given; select again")
        given = {member.name: member.given for member in self.members}
        for card, weight in zip(cards, weights, strict=True):
            if card.member in given and given[card.member] != weight:
                raise BadInput(
                    f"choice: began with weight {given[card.member]:g} for {card.member}, and "
                    f"{weight:g} is given; select again with --weights in the members' order"
                )

    def shares(self, cards: Sequence[StoreCard]) -> Shares:
        """The weights of some stores' members, in the stores' order.

        Raises:
            BadInput: a store is of another member or checkpoint than the choice, or a member that
                has a weight is missing.
        """
        known = {member.name: member for member in self.members}
        for card in cards:
            if card.member not in known or known[card.member].checkpoint != card.checkpoint:
                raise BadInput(
                    f"choice: knows no member {card.member} of checkpoint {card.checkpoint[:12]}; "
                    "select again, with the out-of-fold stores of the same members"
                )
        weights = {family.name: family.weight for family in self.families}
        present = {card.member for card in cards}
        for member in self.members:
            if member.weight and weights[member.family] and member.name not in present:
                raise BadInput(
                    f"choice: member {member.name} has a weight and no store here; give its store, "
                    "or select again without it"
                )
        order = {family.name: index for index, family in enumerate(self.families)}
        chosen = [known[card.member] for card in cards]
        return Shares(
            families=tuple(order[member.family] for member in chosen),
            own=tuple(member.weight for member in chosen),
            weights=tuple(weights[family.name] for family in self.families),
        )


def write(path: Path, choice: Choice) -> None:
    """Write choice.json."""
    path.write_text(_text(choice), encoding="utf-8")


def _text(choice: Choice) -> str:
    return json.dumps(asdict(choice), indent=1, allow_nan=False) + "\n"


def read(path: Path) -> Choice:
    """Read choice.json.

    Raises:
        MissingInput: it is not there.
        BadInput: it is no choice, or of another format.
    """
    if not path.is_file():
        raise MissingInput(f"{path}: not found; give the file that `handseg select` wrote")
    return parse(plain_text.read_json(path, remedy="select again"), where=str(path))


def parse(values: object, *, where: str) -> Choice:
    """Read a choice from the mapping that choice.json holds.

    Args:
        values: what `asdict` made of a choice.
        where: put before messages.

    Raises:
        BadInput: it is no choice, of another format, or not of 29 bones.
    """
    if not isinstance(values, dict) or values.get("format") != _FORMAT:
        raise BadInput(f"{where}: no choice of format {_FORMAT}; select again")
    try:
        choice = from_dict(Choice, values, where=where)
        # As the settings of a vote, so that their bounds hold here as well.
        EnsembleSettings(thresholds=choice.thresholds, voting=choice.voting)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{where}: not a choice ({told(error)}); select again") from error
    families = {family.name for family in choice.families}
    if len(choice.thresholds) != bones.COUNT:
        found = len(choice.thresholds)
        raise BadInput(f"{where}: thresholds must be {bones.COUNT}, got {found}; select again")
    if {member.family for member in choice.members} != families:
        raise BadInput(f"{where}: its members are not of its families; select again")
    names = {member.name for member in choice.members}
    if (len(names), len(families)) != (len(choice.members), len(choice.families)):
        raise BadInput(f"{where}: a member or a family is there twice; select again")
    _check_weights(choice, where)
    try:
        _text(choice)
    except ValueError as error:  # such as NaN in what the evidence says
        raise BadInput(f"{where}: not a choice ({told(error)}); select again") from error
    return choice


def _check_weights(choice: Choice, where: str) -> None:
    weighed: list[ChosenMember | ChosenFamily] = [*choice.members, *choice.families]
    wrong = [
        one.name
        for one in weighed
        if not all(math.isfinite(weight) and weight >= 0 for weight in (one.given, one.weight))
    ]
    if wrong:
        raise BadInput(f"{where}: weight of {told(wrong[0])} is none of 0 or more; select again")
    if not any(member.weight * _of(choice, member.family) for member in choice.members):
        raise BadInput(f"{where}: no member has a weight; select again")


def _of(choice: Choice, family: str) -> float:
    return next(one.weight for one in choice.families if one.name == family)
