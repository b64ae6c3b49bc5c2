"""What a choice rests on: gains of its steps, what they chose, and what could not be told."""

from collections.abc import Mapping, Sequence

from handseg import bones
from handseg.ensemble import comparable, interval
from handseg.ensemble.choice import Evidence, StepEvidence
from handseg.ensemble.nesting import Nesting
from handseg.ensemble.panel import Ballot
from handseg.ensemble.steps import Cleaning, Families, Members, SoftOrHard, Thresholds
from handseg.ensemble.tally import Scores, State
from handseg.inference.store import Store

_AS_BEFORE = "as before"


def gather(nesting: Nesting, *, people: Sequence[str], given: Scores) -> Evidence:
    """The whole choice against the vote before it.

    Args:
        nesting: after its run.
        people: of each image.
        given: Dice before the choice.
    """
    chosen = nesting.nested(len(nesting.steps))
    gain = interval.over_people((chosen - given).mean(axis=1), people)
    return Evidence(
        images=len(people),
        people=len(set(people)),
        nested_folds=nesting.count,
        given=float(given.mean()),
        chosen=float(chosen.mean()),
        gain=gain,
        helps=gain.mean > 0,
    )


def steps(
    nesting: Nesting, *, people: Sequence[str], results: Mapping[str, str]
) -> list[StepEvidence]:
    """Every step's gain over the one before it.

    Args:
        nesting: after its run.
        people: of each image.
        results: what the choice has, by step; see `results`.
    """
    found = []
    for number, step in enumerate(nesting.steps):
        kept, kept_in = nesting.keeps(number)
        gains = (nesting.nested(number + 1) - nesting.nested(number)).mean(axis=1)
        result = results[step.name]
        found.append(
            StepEvidence(
                name=step.name,
                kept=kept and result != _AS_BEFORE,
                kept_in=kept_in,
                gain=interval.over_people(gains, people),
                result=result,
            )
        )
    return found


def results(
    chosen: State, before: State, *, names: Sequence[str], stores: Sequence[Store]
) -> dict[str, str]:
    """What each step chose, in words.

    Args:
        chosen: the choice.
        before: the vote before it.
        names: of the families.
        stores: of the members.
    """
    shares, rule = chosen.shares, chosen.rule
    pairs = zip(shares.own, before.shares.own, stores, strict=True)
    left_out = [store.card.member for own, was, store in pairs if was and not own]
    changed = [
        f"{name} {threshold:g}"
        for name, threshold, was in zip(
            bones.NAMES, rule.thresholds, before.rule.thresholds, strict=True
        )
        if threshold != was
    ]
    weights = zip(names, shares.weights, strict=True)
    weighed = "; ".join(f"{name}: {weight:.3g}" for name, weight in weights)
    cleaned = "yes" if rule.largest_component else "no"
    told = {
        Families.name: weighed if shares.weights != before.shares.weights else "",
        Members.name: ", ".join(left_out),
        SoftOrHard.name: rule.voting if rule.voting != before.rule.voting else "",
        Thresholds.name: ", ".join(changed),
        Cleaning.name: cleaned if rule.largest_component != before.rule.largest_component else "",
    }
    return {name: words or _AS_BEFORE for name, words in told.items()}


def untold(
    ballots: Sequence[Ballot],
    family_of: Sequence[int],
    *,
    names: Sequence[str],
    stores: Sequence[Store],
) -> list[str]:
    """What these out-of-fold predictions cannot tell, a sentence each.

    Args:
        ballots: who voted on which image.
        family_of: of each store, its family.
        names: of the families.
        stores: of the members.
    """
    cards = [store.card for store in stores]
    compared = {f for peers in comparable.families(ballots, family_of) for f in peers.who}
    alone = [name for family, name in enumerate(names) if family not in compared]
    folds = [card.fold for card in cards]
    known = {s for p in comparable.siblings(ballots, family_of, folds) for s in p.who}
    single = [card.member for index, card in enumerate(cards) if index not in known]
    most = max(len(ballot.voters) for ballot in ballots)
    sentences = []
    if alone and len(names) > 1:
        sentences.append(
            f"What weight {_some(alone)} should have: no other family predicted the same images."
        )
    if single:
        sentences.append(
            f"Whether to leave {_some(single)} out: no other member of the same family predicted "
            "the same images, and folds differ in how hard their images are."
        )
    if most == 1:
        sentences.append("Soft against hard voting: no image had more than one voter.")
    if most < len(cards):
        sentences.append(
            f"What all {len(cards)} members do together: an out-of-fold image had at most {most} "
            "to vote, and the mean of more members may want other thresholds."
        )
    return sentences


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more
