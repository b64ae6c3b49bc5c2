"""The bones of one hand as shapes, to be coloured by their Dice or by their own colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handseg import bones
from handseg.masks.polygons import Polygons, bounds
from handseg.report import labels, outlines
from handseg.report.scores import ImageScore

_MARGIN_FRACTION = 0.02
_LABEL_FRACTION = 0.02


@dataclass(frozen=True, kw_only=True)
class MapShape:
    """One bone of the map, in pixels of its image."""

    class_id: int
    path: str
    label: labels.Place

    @property
    def name(self) -> str:
        """The bone's name."""
        return bones.NAMES[self.class_id]

    @property
    def short(self) -> str:
        """The label drawn on it."""
        return bones.SHORT[self.class_id]


@dataclass(frozen=True, kw_only=True)
class HandMap:
    """All bones of one annotated hand."""

    view_box: str
    label_px: float
    """Height of the labels, in pixels of the image."""
    shapes: tuple[MapShape, ...]


def most_typical(scores: Sequence[ImageScore]) -> ImageScore:
    """The image whose bones' areas are nearest to the mean of all, bone by bone."""
    areas = np.array([score.areas for score in scores])
    mean = np.maximum(areas.mean(axis=0), 1.0)
    distances = np.abs(areas / mean - 1).sum(axis=1)
    return scores[int(np.argmin(distances))]


def of_polygons(polygons: Polygons, shape: tuple[int, int]) -> HandMap:
    """Draw the map of one image.

    Args:
        polygons: of its bones, by class id; bones without any are left out.
        shape: (height, width) of the image.
    """
    margin = round(_MARGIN_FRACTION * max(shape))
    drawn = {class_id: found for class_id, found in sorted(polygons.items()) if found}
    everything = bounds([p for shapes in drawn.values() for p in shapes], shape)
    left, top = everything.left - margin, everything.top - margin
    width, height = everything.width + 2 * margin, everything.height + 2 * margin
    label_px = max(width, height) * _LABEL_FRACTION
    centres = {class_id: labels.of_polygons(found) for class_id, found in drawn.items()}
    places = labels.apart({c: place for c, place in centres.items() if place}, 1.5 * label_px)
    return HandMap(
        view_box=f"{left} {top} {width} {height}",
        label_px=label_px,
        shapes=tuple(
            MapShape(
                class_id=class_id,
                path=outlines.of_polygons(drawn[class_id], shape),
                label=place,
            )
            for class_id, place in places.items()
        ),
    )
