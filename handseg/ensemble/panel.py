"""Which stores may vote together, and which of them vote on which image."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from handseg import bones
from handseg.ensemble.rule import Rule
from handseg.ensemble.shares import Shares
from handseg.errors import BadInput
from handseg.inference.store import Store
from handseg.inference.tiles import LEVELS

_SHOWN = 5
_REMEDY = "infer with every member from the same image cache"


@dataclass(frozen=True)
class Ballot:
    """One image and those who vote on it."""

    image_name: str
    voters: list[int]
    """Indices of the stores that hold the image."""
    weights: list[float]
    """Of the voters; not all 0."""


def ballots(stores: Sequence[Store], weights: Sequence[float] | Shares) -> list[Ballot]:
    """Check that stores may vote together, and list the images with their voters.

    Test stores must hold the same images. Out-of-fold stores hold the images of their folds, and
    an image is voted on by those that have it; alike, where they have no weight.

    Args:
        stores: of the members; at least one.
        weights: one for each, or shares by family.

    Returns:
        In sorted path order, which the stores keep.

    Raises:
        BadInput: the stores differ in part, cut, images (test), or an image's person or position;
            their classes are not the official ones in the official order; or there is no image.
    """
    first = stores[0]
    for store in stores:
        _check_classes(store)
        _check_alike(first, store)
        if first.card.part == "test":
            _check_same_images(first, store)
    positions = _positions(stores)
    if not positions:
        raise BadInput(f"{first.path}: holds no image; infer from a cache that has some")
    names = sorted(positions, key=positions.__getitem__)
    shares = weights if isinstance(weights, Shares) else Shares.plain(weights)
    return [_ballot(name, stores, shares) for name in names]


def check_thresholds(stores: Sequence[Store], rule: Rule) -> None:
    """Refuse a threshold below what a store keeps.

    Raises:
        BadInput: names store and threshold.
    """
    least = min(rule.thresholds)
    for store in stores:
        cut = store.card.cut_level / LEVELS
        if least < cut:
            raise BadInput(
                f"{store.path}: keeps no probability below {cut:.3f}, and the threshold is "
                f"{least}; give a higher one, or infer with a lower cut_level"
            )


def _ballot(name: str, stores: Sequence[Store], shares: Shares) -> Ballot:
    voters = [index for index, store in enumerate(stores) if name in store.people]
    return Ballot(name, voters, shares.of(voters))


def _check_alike(first: Store, other: Store) -> None:
    for field in ("part", "cut_level"):
        one, another = getattr(first.card, field), getattr(other.card, field)
        if one != another:
            raise BadInput(
                f"{other.path}: {field} is {another}, but {one} in {first.path}; "
                "infer with every member alike"
            )


def _check_classes(store: Store) -> None:
    pairs = zip_longest(store.card.classes, bones.NAMES)
    for number, (found, official) in enumerate(pairs, start=1):
        if found != official:
            raise BadInput(
                f"{store.path}: class {number} is {found}, officially {official}; "
                f"train this member anew with the {bones.COUNT} classes in their official order"
            )


def _check_same_images(first: Store, other: Store) -> None:
    for holder, lacking in ((first, other), (other, first)):
        missing = [name for name in holder.names if name not in lacking.people]
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            lacks = f"lacks {', '.join(missing[:_SHOWN])}{more}, which {holder.path} has"
            raise _strange(lacking, lacks)


def _positions(stores: Sequence[Store]) -> dict[str, int]:
    """Where each image stands, on which all stores agree as they do on its person."""
    people: dict[str, str] = {}
    positions: dict[str, int] = {}
    names: dict[int, str] = {}
    for store in stores:
        for name, position in store.positions.items():
            person = store.people[name]
            other = people.setdefault(name, person)
            if person != other:
                raise _strange(store, f"{name} is of person {person}, elsewhere of {other}")
            there = positions.setdefault(name, position)
            if position != there:
                raise _strange(store, f"{name} is at position {position}, elsewhere at {there}")
            same = names.setdefault(position, name)
            if name != same:
                raise _strange(store, f"{name} is at position {position}, elsewhere {same} is")
    return positions


def _strange(store: Store, fault: str) -> BadInput:
    return BadInput(f"{store.path}: {fault}; {_REMEDY}")
