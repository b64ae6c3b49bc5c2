"""Short hashes by which an image is known again, whatever its name and its person's."""

import hashlib
from collections.abc import Iterable

from handseg.dataset import twins
from handseg.images.cache import CachedImage, ImageCache

_DIGITS = 16
"""Hex digits that are kept: 64 bits tell a million images apart, and keep cards small."""


def of_person(person: str) -> str:
    """A person's id as it stands in a card, which may be passed on to others."""
    return hashlib.sha256(person.encode()).hexdigest()[:_DIGITS]


def of_image(image: CachedImage) -> tuple[str, ...]:
    """What an image is known by: its adjusted pixels, and where it has truth, its polygons.

    The polygons stay the same however the pixels were adjusted.
    """
    found = ["p" + twins.pixel_hash(image.pixels)[:_DIGITS]]
    if image.polygons:
        total = hashlib.sha256()
        for class_id, shapes in sorted(image.polygons.items()):
            for points in shapes:
                total.update(f"{class_id} {points.dtype} {points.shape};".encode())
                total.update(points.tobytes())
        found.append("t" + total.hexdigest()[:_DIGITS])
    return tuple(found)


def of_people(cache: ImageCache, names: Iterable[str]) -> dict[str, list[str]]:
    """Everything that some images are known by, by their person's id."""
    people: dict[str, list[str]] = {}
    for name in names:
        image = cache.read(name)
        people.setdefault(image.person, []).extend(of_image(image))
    return people
