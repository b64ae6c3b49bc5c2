"""An X-ray under the outlines of two members, whole and enlarged where they differ most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.images.cache import CachedImage
from handseg.inference.regions import around
from handseg.masks.polygons import Box
from handseg.masks.rle import Runs
from handseg.report import labels, outlines, overlays
from handseg.report.overlays import View

_SHOWN_BONES = 3


@dataclass(frozen=True, kw_only=True)
class PairShape:
    """One bone of one image by two members, in pixels of the image."""

    class_id: int
    first: str
    """SVG path data of the first member's mask; empty where it found nothing."""
    second: str
    apart: float
    """1 - Dice between the two."""
    label: labels.Place
    box: Box
    """What holds both."""

    @property
    def name(self) -> str:
        """The bone's name."""
        return bones.NAMES[self.class_id]


@dataclass(frozen=True, kw_only=True)
class PairOverlay:
    """One image of the page, by two members."""

    name: str
    person: str
    pair: tuple[str, str]
    """Names of the members."""
    mean: float
    """1 - Dice between the two, mean over the bones."""
    whole: View[PairShape] | None
    """None where no X-ray is to be shown, as `detail`."""
    detail: View[PairShape] | None
    """Around the bone on which they differ most; None too where neither found one."""
    worst: tuple[PairShape, ...]
    """The three bones on which they differ most; those that neither found are left out."""


def of_pair(
    image: CachedImage,
    pair: tuple[str, str],
    masks: tuple[Sequence[Runs], Sequence[Runs]],
    apart: NDArray[np.float64],
    *,
    with_image: bool = True,
) -> PairOverlay:
    """Draw one image.

    Args:
        image: its pixels.
        pair: names of two members.
        masks: 29 runs of each, in the official order.
        apart: float64 (29,), 1 - Dice between the two.
        with_image: whether it is shown; without, its figures are all there is.
    """
    found = [
        _shape(image, class_id, (first, second), float(apart[class_id]))
        for class_id, (first, second) in enumerate(zip(*masks, strict=True))
    ]
    shapes = [shape for shape in found if shape is not None]
    worst = tuple(sorted(shapes, key=lambda shape: -shape.apart)[:_SHOWN_BONES])
    return PairOverlay(
        name=image.name,
        person=image.person,
        pair=pair,
        mean=float(apart.mean()),
        whole=overlays.whole(image.pixels, shapes) if with_image else None,
        detail=_detail(image, shapes, worst[0].box) if with_image and worst else None,
        worst=worst,
    )


def _shape(
    image: CachedImage, class_id: int, masks: tuple[Runs, Runs], apart: float
) -> PairShape | None:
    """A bone that either has found."""
    height, width = image.pixels.shape
    boxes = [outlines.roi(runs, (height, width))[0] for runs in masks if len(runs)]
    label = next(filter(None, (labels.of_runs(runs, width) for runs in masks)), None)
    if label is None:
        return None
    first, second = (outlines.of_runs(runs, (height, width)) for runs in masks)
    return PairShape(
        class_id=class_id, first=first, second=second, apart=apart, label=label, box=around(boxes)
    )


def _detail(image: CachedImage, shapes: Sequence[PairShape], box: Box) -> View[PairShape]:
    return overlays.enlarged(image.pixels, box, [(shape, shape.box) for shape in shapes])
