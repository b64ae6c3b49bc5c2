"""An X-ray under the outlines of truth and prediction, whole and enlarged where it is worst."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.images.cache import CachedImage
from handseg.masks.polygons import Box, bounds
from handseg.masks.rle import Runs
from handseg.report import labels, outlines, pictures
from handseg.report.pictures import Picture

_SIDE_PX = 720
_DETAIL_PX = 560
_LIMIT_BYTES = 90_000
"""Of one picture; with the fixed number of pictures the page stays under 4 MB."""
_DETAIL_FRACTION = 0.14
"""Least side of the enlarged part, as a fraction of the image's longer side."""
_LABELS_APART_FRACTION = 0.012
"""Least distance of two labels, as a fraction of the image's height."""
_DETAIL_GROWTH = 1.6
"""Side of the enlarged part against the bone's own."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One bone of one image, in pixels of the image."""

    class_id: int
    truth: str
    """SVG path data; empty where there is no truth."""
    predicted: str
    """SVG path data, filled even-odd; empty where nothing was predicted."""
    dice: float | None
    """None without truth."""
    label: labels.Place

    @property
    def name(self) -> str:
        """The bone's name."""
        return bones.NAMES[self.class_id]


S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class View(Generic[S]):
    """A picture and the shapes that lie over it."""

    picture: Picture
    shapes: tuple[S, ...]

    @property
    def view_box(self) -> str:
        """SVG viewBox of the picture; outlines run through pixel centres, hence the half pixel."""
        box = self.picture.box
        return f"{box.left - 0.5} {box.top - 0.5} {box.width} {box.height}"


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """One image of the page."""

    name: str
    person: str
    mean: float | None
    """Mean Dice over the bones; None without truth."""
    whole: View[Shape] | None
    """None where no X-ray is to be shown, as `detail`."""
    detail: View[Shape] | None
    """Around the worst bone; None without truth."""
    worst: tuple[Shape, ...]
    """The three bones with the least Dice, worst first; empty without truth."""
    missing: tuple[str, ...]
    """Names of bones with an empty prediction."""


def of_image(
    image: CachedImage,
    predicted: Sequence[Runs],
    dice: NDArray[np.float64] | None,
    *,
    with_image: bool = True,
) -> Overlay:
    """Draw one image.

    Args:
        image: its pixels, and its polygons where dice is given.
        predicted: 29 runs in the official order.
        dice: float64 (29,), or None for an image without truth.
        with_image: whether it is shown; without, its figures are all there is.
    """
    shapes = _shapes(image, predicted, dice)
    order = [] if dice is None else np.argsort(dice, kind="stable")[:3].tolist()
    of_class = {shape.class_id: shape for shape in shapes}
    worst = tuple(of_class[class_id] for class_id in order if class_id in of_class)
    has_detail = with_image and worst
    return Overlay(
        name=image.name,
        person=image.person,
        mean=None if dice is None else float(dice.mean()),
        whole=whole(image.pixels, shapes) if with_image else None,
        detail=_detail(image, predicted, shapes, worst[0].class_id) if has_detail else None,
        worst=worst,
        missing=tuple(bones.NAMES[c] for c, runs in enumerate(predicted) if not len(runs)),
    )


def _shapes(
    image: CachedImage, predicted: Sequence[Runs], dice: NDArray[np.float64] | None
) -> list[Shape]:
    """The bones that have a truth or a prediction."""
    height, width = image.pixels.shape
    truth = {} if dice is None else image.polygons
    centres = {
        class_id: labels.of_polygons(truth.get(class_id, [])) or labels.of_runs(runs, width)
        for class_id, runs in enumerate(predicted)
    }
    places = labels.apart(
        {c: place for c, place in centres.items() if place}, _LABELS_APART_FRACTION * height
    )
    return [
        Shape(
            class_id=class_id,
            truth=outlines.of_polygons(truth.get(class_id, []), (height, width)),
            predicted=outlines.of_runs(predicted[class_id], (height, width)),
            dice=None if dice is None else float(dice[class_id]),
            label=place,
        )
        for class_id, place in places.items()
    ]


def _bone_box(image: CachedImage, class_id: int, runs: Runs) -> Box:
    """Where the bone is, by its truth; by its prediction where it has none."""
    height, width = image.pixels.shape
    box = bounds(image.polygons.get(class_id, []), (height, width))
    return outlines.roi(runs, (height, width))[0] if box.is_empty else box


def _detail(
    image: CachedImage, predicted: Sequence[Runs], shapes: Sequence[Shape], class_id: int
) -> View[Shape]:
    boxes = {
        shape.class_id: _bone_box(image, shape.class_id, predicted[shape.class_id])
        for shape in shapes
    }
    boxed = [(shape, boxes[shape.class_id]) for shape in shapes]
    return enlarged(image.pixels, boxes[class_id], boxed)


def whole(pixels: NDArray[np.uint8], shapes: Sequence[S]) -> View[S]:
    """All of an image: uint8 (H, W), with all its shapes."""
    picture = pictures.of_image(pixels, side_px=_SIDE_PX, limit_bytes=_LIMIT_BYTES)
    return View(picture=picture, shapes=tuple(shapes))


def enlarged(pixels: NDArray[np.uint8], bone: Box, boxed: Sequence[tuple[S, Box]]) -> View[S]:
    """The surroundings of one bone.

    Args:
        pixels: uint8 (H, W).
        bone: where it is.
        boxed: shapes with the boxes that hold them; those that the surroundings meet are shown.
    """
    height, width = pixels.shape
    box = _square(bone, (height, width))
    picture = pictures.of_image(pixels, side_px=_DETAIL_PX, limit_bytes=_LIMIT_BYTES, box=box)
    return View(picture=picture, shapes=tuple(s for s, found in boxed if _meet(box, found)))


def _square(box: Box, shape: tuple[int, int]) -> Box:
    """A square around a box, moved into the image, no larger than its shorter side."""
    side = max(_DETAIL_GROWTH * max(box.height, box.width), _DETAIL_FRACTION * max(shape))
    size = min(round(side), *shape)
    top = _start((box.top + box.bottom) / 2, size, shape[0])
    left = _start((box.left + box.right) / 2, size, shape[1])
    return Box(top, left, top + size, left + size)


def _start(centre: float, size: int, limit: int) -> int:
    return min(max(0, round(centre - size / 2)), limit - size)


def _meet(a: Box, b: Box) -> bool:
    return a.top < b.bottom and b.top < a.bottom and a.left < b.right and b.left < a.right
