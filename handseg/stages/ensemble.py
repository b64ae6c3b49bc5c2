"""Stage five: the members' probabilities become one CSV of masks, by a weighted vote."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from handseg import progress, provenance
from handseg.ahead import work_ahead
from handseg.ensemble import choice as choices
from handseg.ensemble import panel, submission, voting
from handseg.ensemble import weights as member_weights
from handseg.ensemble.choice import Choice
from handseg.ensemble.panel import Ballot
from handseg.ensemble.rule import Rule
from handseg.ensemble.shares import Shares
from handseg.errors import BadInput
from handseg.inference.shard import WHOLE, Shard
from handseg.inference.store import Store
from handseg.masks import rle
from handseg.provenance import Origin, Start
from handseg.settings import EnsembleSettings
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)


def ensemble(
    *,
    stores: list[Location],
    out: Location,
    weights: list[float] | None = None,
    choice: Location | None = None,
    settings: EnsembleSettings = EnsembleSettings(),  # noqa: B008 - frozen
    shard: str = WHOLE,
) -> None:
    """Vote over probability stores and write the masks.

    Test stores must hold the same images; of out-of-fold stores, those vote on an image that hold
    it. Complete, it does nothing.

    Args:
        stores: Probability stores that `infer` or `train` wrote, all test or all out-of-fold.
        out: CSV to write: image_name,class,rle.
        weights: One for each store, 0 or more; by default the members' validation Dice.
        choice: JSON file that `select` wrote with the same weights and settings; it replaces both.
        settings: How to vote.
        shard: Share I/N of the images, in the CSV's order; `handseg merge` joins all N.
    """
    started, share = Start.now(), Shard.parse(shard)
    artifact.require_writable(out)
    if not stores:
        raise BadInput("stores: none given; give at least one probability store")
    if settings.select and choice is None:
        raise BadInput(
            "settings.select is on, and there is no choice; run `handseg select` and give --choice"
        )
    with ExitStack() as stack:
        paths = [stack.enter_context(artifact.reading(store, verify=True)) for store in stores]
        parents, made_from = _parents(paths), [*paths]
        chosen = None
        if choice is not None:
            file = stack.enter_context(artifact.reading(choice, verify=True))
            chosen = choices.read(file)
            parents["choice"] = artifact.content_hash(file)
            made_from.append(file)
        election = _Election.of([Store(path) for path in paths], weights, settings, chosen)
        election = replace(election, ballots=share.of(election.ballots))
        made_with = {
            **provenance.settings_dict(settings),
            "weights": weights,
            **share.recorded(),
        }
        if provenance.is_done(out, stage="ensemble", settings=made_with, parents=parents):
            logger.info("%s is complete: nothing to vote on", out)
            return
        election.describe()
        with artifact.writing(out, folder=False) as path:
            submission.write(path, election.predictions())
            record = provenance.record(
                stage="ensemble", settings=made_with, parents=parents,
                origin=Origin.of(made_from), started=started,
                extra={"members": election.members(), **_told(chosen)},
            )  # fmt: skip
            provenance.write(path, record)
    logger.info("predictions of %d images: %s", len(election.ballots), out)


def _parents(paths: Sequence[Path]) -> dict[str, str]:
    parents: dict[str, str] = {}
    for index, path in enumerate(paths):
        content = artifact.content_hash(path)
        if content in parents.values():
            raise BadInput(f"{path}: given twice; give each store once, with a higher weight")
        parents[f"store_{index}"] = content
    return parents


def _told(chosen: Choice | None) -> dict[str, object]:
    """The choice with its evidence, for the report."""
    return {} if chosen is None else {"choice": asdict(chosen)}


@dataclass(frozen=True)
class _Election:
    """Stores that may vote together, their weights and rule, and who votes on which image."""

    stores: list[Store]
    weights: list[float]
    """What each member has on a new image, where all of them vote."""
    rule: Rule
    ballots: list[Ballot]

    @classmethod
    def of(
        cls,
        stores: list[Store],
        weights: list[float] | None,
        settings: EnsembleSettings,
        chosen: Choice | None,
    ) -> "_Election":
        cards = [store.card for store in stores]
        resolved = member_weights.resolve(weights, cards)
        shares, rule = Shares.plain(resolved), Rule.of(settings)
        if chosen is not None:
            chosen.check_made_with(cards, resolved, settings)
            shares, rule = chosen.shares(cards), chosen.rule
        panel.check_thresholds(stores, rule)
        everyone = shares.of(range(len(stores)))
        return cls(stores, everyone, rule, panel.ballots(stores, shares))

    def describe(self) -> None:
        for store, weight in zip(self.stores, self.weights, strict=True):
            card = store.card
            logger.info("member %s: fold %d held out, weight %g", card.member, card.fold, weight)
        if self.stores[0].card.part == "oof":
            folds = sorted({store.card.fold for store in self.stores})
            logger.info("out-of-fold predictions, of the people of folds %s only", folds)
        without = [b for b in self.ballots if not any(self.weights[i] for i in b.voters)]
        if without:
            logger.warning(
                "%d images, such as %s, have only members of weight 0, which vote alike there",
                len(without),
                without[0].image_name,
            )

    def members(self) -> list[dict[str, object]]:
        return [
            {"name": store.card.member, "fold": store.card.fold, "weight": weight}
            for store, weight in zip(self.stores, self.weights, strict=True)
        ]

    def predictions(self) -> Iterator[tuple[str, list[rle.Runs]]]:
        """Name and runs of each image in order, voted on by all cores with progress."""
        found = work_ahead(self._predict, self.ballots)
        return progress.track(found, description="voting", total=len(self.ballots))

    def _predict(self, ballot: Ballot) -> tuple[str, list[rle.Runs]]:
        tiles = [self.stores[index].read(ballot.image_name) for index in ballot.voters]
        return ballot.image_name, voting.by_rule(tiles, ballot.weights, self.rule)
