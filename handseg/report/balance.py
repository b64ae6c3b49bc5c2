"""How evenly people and images lie over the folds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FoldBalance:
    """One fold, and who holds it out."""

    fold: int
    people: int
    images: int
    people_fraction: float
    """Of all people; 1 / folds where they are spread evenly."""
    images_fraction: float
    members: tuple[str, ...]
    """Names of the members that held this fold out."""


def of_folds(rows: Iterable[tuple[str, int]], held_out: Mapping[str, int]) -> Sequence[FoldBalance]:
    """Count people and images of each fold.

    Args:
        rows: person and fold of every image.
        held_out: member name -> its held-out fold.

    Returns:
        One entry per fold, in order; folds of members that no image lies in are not listed.
    """
    people: dict[int, set[str]] = {}
    images: dict[int, int] = {}
    for person, fold in rows:
        people.setdefault(fold, set()).add(person)
        images[fold] = images.get(fold, 0) + 1
    all_people = sum(len(found) for found in people.values())
    all_images = sum(images.values())
    return [
        FoldBalance(
            fold=fold,
            people=len(people[fold]),
            images=images[fold],
            people_fraction=len(people[fold]) / all_people,
            images_fraction=images[fold] / all_images,
            members=tuple(name for name, held in held_out.items() if held == fold),
        )
        for fold in sorted(people)
    ]
