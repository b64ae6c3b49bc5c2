"""Probabilities as occupied 64x64 tiles: cutting planes into them and putting them together."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handseg import bones

TILE_PX = 64
LEVELS = 255
"""A value of 255 is probability 1."""

_NO_TILES = np.empty((0, TILE_PX, TILE_PX), np.uint8)


@dataclass(frozen=True, eq=False)
class ImageTiles:
    """The occupied tiles of one image, sorted by class, row and column; T of them.

    Pixels of a tile beyond the image's edge are 0.
    """

    name: str
    person: str
    height: int
    width: int
    class_ids: NDArray[np.uint8]
    """(T,)."""
    rows: NDArray[np.uint16]
    """(T,): a tile's top edge is at 64 times its row."""
    columns: NDArray[np.uint16]
    """(T,): its left edge at 64 times its column."""
    values: NDArray[np.uint8]
    """(T, 64, 64), in 255ths."""

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the image."""
        return self.height, self.width

    @property
    def occupancy(self) -> float:
        """The fraction of the tiles of all 29 planes that are occupied."""
        whole = -(-self.height // TILE_PX) * -(-self.width // TILE_PX)
        return len(self.class_ids) / (whole * bones.COUNT)

    def of_class(self, class_id: int) -> slice:
        """Where the tiles of one class stand."""
        first, end = np.searchsorted(self.class_ids, [class_id, class_id + 1])
        return slice(int(first), int(end))


class Roi(NamedTuple):
    """A rectangle of one class's plane; it is 0 everywhere else."""

    top: int
    left: int
    values: NDArray[np.uint8]
    """(h, w), in 255ths."""


class Cut(NamedTuple):
    """The occupied tiles of one class, T of them, by row and column."""

    rows: NDArray[np.uint16]
    """(T,)."""
    columns: NDArray[np.uint16]
    """(T,)."""
    values: NDArray[np.uint8]
    """(T, 64, 64), in 255ths."""


def cut(values: NDArray[np.uint8], *, top: int, left: int) -> Cut:
    """Cut a rectangle of a class's plane into its occupied tiles.

    Args:
        values: uint8 (h, w), in 255ths; it lies within the image.
        top: row of its first row in the image.
        left: column of its first column in the image.
    """
    height, width = values.shape
    (first_row, down), (first_column, right) = divmod(top, TILE_PX), divmod(left, TILE_PX)
    row_count, column_count = -(-(down + height) // TILE_PX), -(-(right + width) // TILE_PX)
    padded = np.zeros((row_count * TILE_PX, column_count * TILE_PX), np.uint8)
    padded[down : down + height, right : right + width] = values
    words = padded.view(np.uint64).reshape(row_count, TILE_PX, column_count, TILE_PX // 8)
    rows, columns = np.nonzero(np.bitwise_or.reduce(words, axis=(1, 3)))
    grid = padded.reshape(row_count, TILE_PX, column_count, TILE_PX)
    return Cut(
        (rows + first_row).astype(np.uint16),
        (columns + first_column).astype(np.uint16),
        grid[rows, :, columns, :],
    )


class TileBuilder:
    """Collects the tiles of one image, class by class."""

    def __init__(self, name: str, person: str, *, height: int, width: int) -> None:
        self._image = (name, person, height, width)
        self._class_ids: list[int] = []
        self._cuts: list[Cut] = []

    def add(self, class_id: int, values: NDArray[np.uint8], *, top: int, left: int) -> None:
        """Add one class; classes come in ascending order, those that are not found left out.

        Args:
            class_id: the class.
            values: uint8 (h, w), in 255ths, 0 below the cut; the class is 0 everywhere else.
            top: row of its first row in the image.
            left: column of its first column in the image.

        Raises:
            ValueError: the class is not above the one before, or the rectangle leaves the image.
        """
        name, _, height, width = self._image
        if self._class_ids and class_id <= self._class_ids[-1]:
            raise ValueError(f"{name}: class {class_id} comes after class {self._class_ids[-1]}")
        bottom, right = top + values.shape[0], left + values.shape[1]
        if min(top, left) < 0 or bottom > height or right > width:
            raise ValueError(
                f"{name}: rows {top} to {bottom}, columns {left} to {right} are not all within "
                f"{height} x {width}"
            )
        self._class_ids.append(class_id)
        self._cuts.append(cut(values, top=top, left=left))

    def build(self) -> ImageTiles:
        """What was added."""
        counts = [len(cut.rows) for cut in self._cuts]
        return ImageTiles(
            *self._image,
            np.repeat(np.array(self._class_ids, np.uint8), counts),
            np.concatenate([np.empty(0, np.uint16), *(cut.rows for cut in self._cuts)]),
            np.concatenate([np.empty(0, np.uint16), *(cut.columns for cut in self._cuts)]),
            np.concatenate([_NO_TILES, *(cut.values for cut in self._cuts)]),
        )


def plane_roi(tiles: ImageTiles, class_id: int) -> Roi:
    """The smallest rectangle of tiles, clipped to the image, that holds all of one class.

    Returns:
        An empty rectangle where the class has no tile.
    """
    part = tiles.of_class(class_id)
    return assemble(tiles.rows[part], tiles.columns[part], tiles.values[part], tiles.shape)


def assemble(
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    values: NDArray[np.uint8],
    shape: tuple[int, int],
) -> Roi:
    """Put tiles together in the smallest rectangle that holds them.

    Args:
        rows: integer (T,), sorted.
        columns: integer (T,).
        values: uint8 (T, 64, 64).
        shape: (height, width) of the image, which the rectangle is clipped to.
    """
    if not len(rows):
        return Roi(0, 0, np.zeros((0, 0), np.uint8))
    top, left = int(rows[0]), int(columns.min())
    height, width = int(rows[-1]) + 1 - top, int(columns.max()) + 1 - left
    plane = np.zeros((height, TILE_PX, width, TILE_PX), np.uint8)
    plane[rows.astype(np.intp) - top, :, columns.astype(np.intp) - left, :] = values
    top, left = top * TILE_PX, left * TILE_PX
    flat = plane.reshape(height * TILE_PX, width * TILE_PX)
    return Roi(top, left, flat[: shape[0] - top, : shape[1] - left])
