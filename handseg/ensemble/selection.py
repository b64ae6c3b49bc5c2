"""Chooses how members vote from their out-of-fold predictions, and says what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handseg.ensemble import comparable, evidence, panel
from handseg.ensemble import weights as member_weights
from handseg.ensemble.choice import Choice, ChosenFamily, ChosenMember, Evidence
from handseg.ensemble.nesting import LEAST_GROUPS, Nesting, deal
from handseg.ensemble.panel import Ballot, check_thresholds
from handseg.ensemble.rule import Rule
from handseg.ensemble.shares import Shares
from handseg.ensemble.steps import Cleaning, Families, Members, SoftOrHard, Step, Thresholds
from handseg.ensemble.tally import Scores, State, Tally
from handseg.errors import BadInput
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.inference.tiles import LEVELS
from handseg.settings import EnsembleSettings


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A choice, and what its evidence was computed from."""

    choice: Choice
    images: list[str]
    people: list[str]
    """Of each image."""
    given: Scores
    """(images, 29): Dice of the vote before the choice."""
    nested: Scores
    """(images, 29): Dice of choices made without the image's person."""


def choose(
    *,
    stores: Sequence[Store],
    families: Sequence[str],
    cache: ImageCache,
    weights: Sequence[float] | None = None,
    settings: EnsembleSettings = EnsembleSettings(),  # noqa: B008 - frozen
) -> Selection:
    """Choose family weights, members, voting, thresholds and cleaning, each where it helps.

    Cleaning is judged last, on a vote that has none. Where all of it together does not gain on
    people that had no part in choosing, the choice is the vote as it was.

    Args:
        stores: out-of-fold stores of the members, at least one.
        families: of each store, the name of its member's family (see `families.labels`).
        cache: with the truth of the images.
        weights: what the members begin with; by default their validation Dice.
        settings: what the vote begins with.

    Raises:
        BadInput: fewer than three people were held out, or the stores cannot vote together.
    """
    given = member_weights.resolve(weights, [store.card for store in stores])
    names = list(dict.fromkeys(families))
    family_of = [names.index(family) for family in families]
    shares = Shares.of_families(family_of, given)
    ballots = panel.ballots(stores, shares)
    people = [stores[ballot.voters[0]].people[ballot.image_name] for ballot in ballots]
    _check(stores, people, settings)
    tally = Tally(stores, ballots, cache)
    before = State(shares, Rule.of(settings))
    start = replace(before, rule=replace(before.rule, largest_component=False))
    steps = _steps(ballots, family_of, stores)
    folds = [stores[ballot.voters[0]].card.fold for ballot in ballots]
    nesting = Nesting(start, steps, tally, deal(people, folds))
    nesting.run()
    tally.prepare([before])
    told = evidence.gather(nesting, people=people, given=tally.scores(before))
    chosen = nesting.choice if told.helps else before
    told = replace(
        told,
        steps=evidence.steps(
            nesting,
            people=people,
            results=evidence.results(chosen, before, names=names, stores=stores),
        ),
        untold=evidence.untold(ballots, family_of, names=names, stores=stores),
    )
    return Selection(
        choice=_choice(chosen, before, names=names, stores=stores, settings=settings, told=told),
        images=[ballot.image_name for ballot in ballots],
        people=people,
        given=tally.scores(before),
        nested=nesting.nested(len(steps)),
    )


def _check(stores: Sequence[Store], people: Sequence[str], settings: EnsembleSettings) -> None:
    for store in stores:
        if store.card.part != "oof":
            raise BadInput(
                f"{store.path}: holds the {store.card.part} part, which has no truth; give the "
                "store of out-of-fold predictions that `handseg train --oof` wrote"
            )
    check_thresholds(stores, Rule.of(settings))
    count = len(set(people))
    if count < LEAST_GROUPS:
        raise BadInput(
            f"{count} people were held out by these members, and choosing takes {LEAST_GROUPS}: "
            "give more members, or leave settings.select out"
        )


def _steps(
    ballots: Sequence[Ballot], family_of: Sequence[int], stores: Sequence[Store]
) -> list[Step]:
    """What there is to choose, in order: cleaning last, since it takes away what voting adds."""
    folds = [store.card.fold for store in stores]
    cut = max(store.card.cut_level for store in stores) / LEVELS
    return [
        Families(comparable.families(ballots, family_of)),
        Members(comparable.siblings(ballots, family_of, folds)),
        SoftOrHard(),
        Thresholds(cut),
        Cleaning(),
    ]


def _choice(
    chosen: State,
    before: State,
    *,
    names: Sequence[str],
    stores: Sequence[Store],
    settings: EnsembleSettings,
    told: Evidence,
) -> Choice:
    shares = chosen.shares
    return Choice(
        members=[
            ChosenMember(
                name=store.card.member,
                family=names[shares.families[index]],
                fold=store.card.fold,
                checkpoint=store.card.checkpoint,
                given=before.shares.own[index],
                weight=shares.own[index],
            )
            for index, store in enumerate(stores)
        ],
        families=[
            ChosenFamily(name=name, given=given, weight=weight)
            for name, given, weight in zip(
                names, before.shares.weights, shares.weights, strict=True
            )
        ],
        thresholds=list(chosen.rule.thresholds),
        voting=chosen.rule.voting,
        largest_component=chosen.rule.largest_component,
        settings=settings,
        evidence=told,
    )
