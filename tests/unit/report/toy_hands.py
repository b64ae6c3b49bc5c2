"""Toy hands: outlines, images and predictions that are off by a known shift."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.images.cache import CachedImage
from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.masks import bitfield
from handseg.masks.polygons import Polygons


def hand(side: int, *, shift: float = 0.0) -> Polygons:
    """29 ellipses: five fingers in a fan, two rows of carpals that touch, two long bones."""
    unit = side / 32
    polygons: Polygons = {}
    for finger, ids in enumerate(bones.FINGERS.values()):
        for place, class_id in enumerate(reversed(ids)):
            centre = (6 + 5 * finger + shift, 17 - 4.2 * place + abs(finger - 2))
            polygons[class_id] = [_ellipse(centre, (1.1, 1.9), unit)]
    for number, class_id in enumerate(bones.CARPALS):
        row, column = divmod(number, 4)
        polygons[class_id] = [_ellipse((9 + 4 * column + shift, 22 + 2.4 * row), (2, 1.4), unit)]
    for number, class_id in enumerate(bones.FOREARM):
        polygons[class_id] = [_ellipse((12 + 8 * number + shift, 29), (2.2, 2.6), unit)]
    return polygons


def _ellipse(
    centre: tuple[float, float], radii: tuple[float, float], unit: float
) -> NDArray[np.int32]:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    points = np.stack([np.cos(angles) * radii[0], np.sin(angles) * radii[1]], axis=1)
    return np.rint((points + centre) * unit).astype(np.int32)


def draw(polygons: Polygons, side: int, seed: int) -> NDArray[np.uint8]:
    field = bitfield.rasterise(polygons, (side, side))
    noise = np.random.default_rng(seed).normal(0, 4, (side, side))
    levels = np.where(field != 0, 130.0, 20.0) + noise
    drawn: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8)
    return drawn


def predict(image: CachedImage, polygons: Polygons, *, error_px: int) -> ImageTiles:
    """Certain everywhere, and wrong by a shift to the right."""
    height, width = image.pixels.shape
    builder = TileBuilder(image.name, image.person, height=height, width=width)
    for class_id, shapes in sorted(polygons.items()):
        moved = {class_id: [shape + np.array([error_px, 0], np.int32) for shape in shapes]}
        mask = bitfield.plane(bitfield.rasterise(moved, (height, width)), class_id)
        builder.add(class_id, mask.astype(np.uint8) * np.uint8(255), top=0, left=0)
    return builder.build()


def images(people: Sequence[str], part: str, side: int) -> list[tuple[CachedImage, Polygons]]:
    """Each image with its truth, which test images do not carry."""
    found = []
    for number, person in enumerate(people):
        for hand_number in range(2):
            polygons = hand(side, shift=0.4 * hand_number)
            image = CachedImage(
                f"image{part[1]}{number}{hand_number}.png",
                person,
                "test" if part == "test" else "train",
                draw(polygons, side, number),
                {} if part == "test" else polygons,
            )
            found.append((image, polygons))
    return found
