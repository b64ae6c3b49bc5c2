"""The oddest images as pictures under their annotation's outlines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.eda.outlier import Outlier
from handseg.masks.polygons import Polygons
from handseg.report import outlines, pictures
from handseg.report.pictures import Picture

_SIDE_PX = 560
_LIMIT_BYTES = 60_000
"""Of one picture: the page with the most of them stays under 2 MB."""


@dataclass(frozen=True, kw_only=True)
class Outline:
    """One bone of a film, in pixels of the image."""

    class_id: int
    path: str
    is_named: bool
    """Whether the outlier is about it."""

    @property
    def name(self) -> str:
        """Its class name."""
        return bones.NAMES[self.class_id]


@dataclass(frozen=True, kw_only=True)
class Film:
    """An image with everything that is odd about it."""

    name: str
    person: str
    outliers: list[Outlier]
    """Worst first."""
    picture: Picture | None
    """None where pictures were not wanted."""
    outlines: list[Outline]

    @property
    def view_box(self) -> str:
        """SVG viewBox of the picture; outlines run through pixel centres, hence the half pixel."""
        if self.picture is None:
            return ""
        box = self.picture.box
        return f"{box.left - 0.5} {box.top - 0.5} {box.width} {box.height}"


def of_image(
    name: str, person: str, outliers: list[Outlier], pixels: NDArray[np.uint8], polygons: Polygons
) -> Film:
    """Draw one image.

    Args:
        name: of the image.
        person: whose it is.
        outliers: what is odd about it, worst first.
        pixels: uint8 (H, W).
        polygons: of its annotation; empty without one.
    """
    height, width = pixels.shape
    named = {bone for outlier in outliers for bone in outlier.bones}
    shapes = [
        Outline(
            class_id=class_id,
            path=outlines.of_polygons(found, (height, width)),
            is_named=bones.NAMES[class_id] in named,
        )
        for class_id, found in sorted(polygons.items())
    ]
    return Film(
        name=name,
        person=person,
        outliers=outliers,
        picture=pictures.of_image(pixels, side_px=_SIDE_PX, limit_bytes=_LIMIT_BYTES),
        # The ones in question last, so that they lie above the others.
        outlines=sorted(shapes, key=lambda shape: shape.is_named),
    )
