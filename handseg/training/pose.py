"""How one training image is moved, and its truth with it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handseg.images import augment
from handseg.images.elastic import Field
from handseg.masks import bitfield
from handseg.masks.polygons import Polygons


@dataclass(frozen=True, kw_only=True, eq=False)
class Pose:
    """A square that an image is stretched to, and what happens in it."""

    side: int
    """In pixels."""
    affine: NDArray[np.float64]
    """(2, 3), of the square's pixel centres before to those after."""
    field: Field | None = None
    """Elastic deformation after that."""

    def image(self, base: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Move an image, uint8 (side, side), that was stretched to the square."""
        if self.field is None:
            return augment.warp(base, self.affine)
        return self.field.warp(base, self.affine)

    def target(
        self, polygons: Polygons, shape: tuple[int, int], form: Literal["bitfield", "coverage"]
    ) -> NDArray[np.uint8]:
        """Rasterise polygons, moved as the image is.

        Args:
            polygons: by class id.
            shape: (height, width) of the image they were drawn in.
            form: of the truth.

        Returns:
            uint8 (side, side, 29) coverage in 255ths, or (side, side, 4): the bit field's bytes.
        """
        square = (self.side, self.side)
        matrix = augment.compose(bitfield.scaling(shape, square), self.affine)
        bend = None if self.field is None else self.field.move
        if form == "bitfield":
            drawn = bitfield.rasterise(polygons, square, matrix=matrix, bend=bend)
            return drawn[..., None].view(np.uint8)
        oversample = max(1, round(max(shape) / self.side))
        planes = bitfield.coverage(
            polygons, square, matrix=matrix, oversample=oversample, bend=bend
        )
        return planes.transpose(1, 2, 0)
