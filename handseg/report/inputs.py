"""The artifacts of a run that the report is made from, opened, and whether they belong together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handseg.ensemble.choice import Choice
from handseg.ensemble.rule import Rule
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import ImageTiles, Store
from handseg.report.card import MemberCard
from handseg.report.records import StageRun
from handseg.report.scores import Voters


@dataclass(frozen=True, kw_only=True)
class MemberInputs:
    """One member's artifacts."""

    card: MemberCard
    store: Store
    """Its out-of-fold probabilities."""
    weight: float
    trained: StageRun
    predicted: StageRun
    """How the store was made."""
    test_store: Store | None = None
    """Its probabilities of the test images, with which it voted; None where they are not given."""
    inferred: StageRun | None = None
    """How that was made."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything the report is made from."""

    run_name: str
    cache: ImageCache
    table: FoldTable
    members: Sequence[MemberInputs]
    submission: Mapping[str, Sequence[str]]
    """Image name -> 29 RLE texts."""
    rule: Rule
    """Of the vote."""
    choice: Choice | None
    """What the vote followed, where it was chosen."""
    split: StageRun
    preprocessed: StageRun
    voted: StageRun

    @property
    def voters(self) -> Voters:
        """Who votes, and how."""
        weights = {member.card.name: member.weight for member in self.members}
        if self.choice is None:
            return Voters.plain(weights, self.rule)
        shares = self.choice.shares([member.store.card for member in self.members])
        return Voters(names=list(weights), shares=shares, rule=self.rule)

    @property
    def runs(self) -> tuple[StageRun, ...]:
        """How every artifact was made, in the order of the stages."""
        members = [
            run
            for member in self.members
            for run in (member.trained, member.predicted, member.inferred)
            if run is not None
        ]
        return (self.split, self.preprocessed, *members, self.voted)

    def held_out(self) -> list[str]:
        """Names of the images that some member held out, in the fold table's order."""
        held = {name for member in self.members for name in member.store.names}
        return [row.image_name for row in self.table.rows if row.image_name in held]

    def tiles(self, name: str) -> dict[str, ImageTiles]:
        """Probabilities of a held-out image, by member."""
        return {m.card.name: m.store.read(name) for m in self.members if name in m.store.people}

    def test_tiles(self, name: str) -> dict[str, ImageTiles]:
        """Probabilities of a test image, by member whose test store is given."""
        stores = {m.card.name: m.test_store for m in self.members if m.test_store is not None}
        return {key: store.read(name) for key, store in stores.items() if name in store.people}

    def check(self) -> None:
        """Refuse what does not belong together.

        Raises:
            BadInput: a store is not of its member, cache, fold table or held-out fold, or did not
                vote; no image was held out by any member.
        """
        for member in self.members:
            self._check_held_out(member)
            if member.test_store is not None:
                self._check_test(member, member.test_store)
        if not self.held_out():
            raise BadInput(
                "no image was held out by any member; give each member's out-of-fold store"
            )

    def _check_held_out(self, member: MemberInputs) -> None:
        name, card = member.card.name, member.store.card
        _refuse_other(member.store, name, (
            (f"part {card.part}; give out-of-fold stores", card.part == "oof"),
            (f"member {card.member}; give stores and members in one order", card.member == name),
            (f"fold {card.fold}; the member held out {member.card.fold}",
             card.fold == member.card.fold),
            (f"fold table {card.folds}; give the one it was made with",
             card.folds == self.split.content),
            (f"image cache {card.cache}; give the one it was made with",
             card.cache == self.preprocessed.content),
        ))  # fmt: skip
        strange = set(member.store.names) - set(self.table.held_out(card.fold))
        if strange:
            raise BadInput(
                f"{member.store.path}: {min(strange)} is not in fold {card.fold}, so the member "
                "was trained on it; make the store again with `handseg infer --part oof`"
            )

    def _check_test(self, member: MemberInputs, store: Store) -> None:
        name, card = member.card.name, store.card
        voted = self.voted.parents.values()
        is_voter = member.inferred is None or member.inferred.content in voted
        _refuse_other(store, name, (
            (f"part {card.part}; give test stores", card.part == "test"),
            (f"member {card.member}; give test stores and members in one order",
             card.member == name),
            (f"image cache {card.cache}; give the one it was made with",
             card.cache == self.preprocessed.content),
            ("another vote than the submission's; give the stores that voted", is_voter),
        ))  # fmt: skip


def _refuse_other(store: Store, name: str, claims: Iterable[tuple[str, bool]]) -> None:
    for what, is_right in claims:
        if not is_right:
            raise BadInput(f"{store.path}: given for {name}, it is of {what}")
