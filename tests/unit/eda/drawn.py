"""Synthetic hands measured once, and what becomes of the measures when a label is wrong."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handseg.dataset.layout import ImageRecord
from handseg.dataset.phantom import radiograph
from handseg.dataset.phantom.hand import hands_of
from handseg.eda import measures
from handseg.eda.measures import ImageMeasures
from handseg.masks.polygons import Polygons

SIDE = 256
PEOPLE = 9
SPOILED = 4
"""Number of the image that a test changes."""


@cache
def drawn(number: int) -> tuple[NDArray[np.uint8], Polygons]:
    """An image and its polygons: the right hand of person number / 2, or the left one."""
    hand = hands_of(7, "train", number // 2, SIDE)[number % 2]
    pixels = radiograph.render(hand, np.random.default_rng([7, number]))
    return pixels, {class_id: [points] for class_id, points in hand.polygons().items()}


def measure(
    number: int, polygons: Polygons | None = None, pixels: NDArray[np.uint8] | None = None,
    name: str = "",
) -> ImageMeasures:  # fmt: skip
    """One image, as it was drawn but for what is given."""
    image, annotation = drawn(number)
    file = name or f"image{number}.png"
    record = ImageRecord(file, f"ID{number // 2:03d}", "train", Path(file), None)
    return measures.of_image(
        record, image if pixels is None else pixels, annotation if polygons is None else polygons
    )


@cache
def measured() -> tuple[ImageMeasures, ...]:
    """All of them."""
    return tuple(measure(number) for number in range(2 * PEOPLE))


def with_spoiled(
    polygons: Polygons | None = None, pixels: NDArray[np.uint8] | None = None, name: str = ""
) -> list[ImageMeasures]:
    """All of them, with something wrong in image SPOILED."""
    found = list(measured())
    found[SPOILED] = measure(SPOILED, polygons, pixels, name)
    return found
