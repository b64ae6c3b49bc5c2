"""Out-of-fold stores and a cache of tiny images, whose members are wrong in known ways."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.images.cache import CachedImage, CacheWriter, ImageCache
from handseg.inference.store import Store, StoreWriter
from handseg.inference.tiles import TileBuilder
from handseg.masks import bitfield
from handseg.masks.polygons import Polygons
from tests.store_card import CARD

SIDE = 120
CELL = 20
Error = Callable[[int, int, NDArray[np.float64]], NDArray[np.float64]]
"""Number of the image, class and true plane in [0, 1] -> what a member says."""


def squares(number: int) -> Polygons:
    """29 squares of 9 to 12 px in a grid, by image."""
    polygons: Polygons = {}
    for class_id in range(bones.COUNT):
        row, column = divmod(class_id, SIDE // CELL)
        x, y, size = column * CELL + 4, row * CELL + 4, 8 + (class_id + number) % 4
        corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
        polygons[class_id] = [np.array(corners, np.int32)]
    return polygons


def cache(folder: Path, people: int) -> ImageCache:
    """One image of each person."""
    folder.mkdir()
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    with CacheWriter(folder, {}, "none") as writer:
        for number in range(people):
            image = CachedImage(f"{number}.png", f"ID{number}", "train", pixels, squares(number))
            writer.add(image)
    return ImageCache(folder)


def store(folder: Path, name: str, numbers: range, error: Error, fold: int = 0) -> Store:
    """What one member says about images it held out."""
    card = dataclasses.replace(CARD, member=name, part="oof", fold=fold, checkpoint=name)
    (folder / name).mkdir()
    with StoreWriter(folder / name, card) as writer:
        for number in numbers:
            field = bitfield.rasterise(squares(number), (SIDE, SIDE))
            builder = TileBuilder(f"{number}.png", f"ID{number}", height=SIDE, width=SIDE)
            for class_id in range(bones.COUNT):
                plane = bitfield.plane(field, class_id).astype(np.float64)
                said = np.clip(error(number, class_id, plane), 0, 1)
                builder.add(class_id, np.rint(said * 255).astype(np.uint8), top=0, left=0)
            writer.add(builder.build(), number)
    return Store(folder / name)


def right(_number: int, _class_id: int, plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Certain, and true."""
    return plane


def noisy(seed: int, strength: float) -> Error:
    """True plus noise of its own for each image."""

    def error(number: int, class_id: int, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        generator = np.random.default_rng([seed, number, class_id])
        near = cv2.dilate(plane, np.ones((5, 5)))
        return np.asarray(plane * 0.8 + near * generator.normal(0, strength, plane.shape))

    return error


def shy(class_id: int) -> Error:
    """Says 0.4 where one bone is, and 0.9 where others are."""

    def error(_number: int, found: int, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        return plane * (0.4 if found == class_id else 0.9)

    return error


def stray(_number: int, class_id: int, plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """True, and sure of a spot far away."""
    said = plane.copy()
    row, column = divmod((class_id + 13) % bones.COUNT, SIDE // CELL)
    said[row * CELL : row * CELL + 3, column * CELL : column * CELL + 3] = 1
    return said
