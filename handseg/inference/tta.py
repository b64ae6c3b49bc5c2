"""Test-time augmentation: an image seen in several views, each undone before they are averaged.

Probabilities are averaged and not logits, at the image's own size; a pixel is averaged over the
views that show it, as a rotation turns corners out of the frame. A class is computed only where
some view may reach the cut: where none does, neither does their mean.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from handseg.errors import BadInput
from handseg.inference import regions
from handseg.inference import tail as tails
from handseg.inference.tail import Plane, Region, Tail
from handseg.inference.view import View
from handseg.masks.polygons import Box
from handseg.models.network import Network
from handseg.settings import InferSettings


def views(network: Network, settings: InferSettings) -> list[View]:
    """The views that settings ask for: the plain one, the mirrored one, each angle, each scale.

    Input sides of the scales are rounded to what the network takes.

    Raises:
        BadInput: an angle or scale repeats another view, so that it would only count twice.
    """
    side = network.input_px
    found = [View(input_px=side)]
    if settings.tta_flip:
        found.append(View(input_px=side, flip=True))
    wanted = [
        *(
            ("tta_rotate_degrees", a, View(input_px=side, degrees=a))
            for a in settings.tta_rotate_degrees
        ),
        *(("tta_scales", s, View(input_px=_side(network, s))) for s in settings.tta_scales),
    ]
    for name, value, view in wanted:
        if view in found:
            raise BadInput(
                f"{name} has {value:g}, whose input of {view.input_px} px at {view.degrees:g} "
                "degrees is another view's as well; leave it out or take it further away"
            )
        found.append(view)
    return found


def _side(network: Network, scale: float) -> int:
    unit = network.side_unit
    return max(1, round(scale * network.input_px / unit)) * unit


def mean_regions(
    tail: Tail,
    natives: Sequence[NDArray[np.float32]],
    seen: Sequence[View],
    shape: tuple[int, int],
    *,
    name: str = "image",
) -> Iterator[Region]:
    """Regions of the mean probability of all views, of the classes that are found at all.

    Args:
        tail: the network's.
        natives: float32 (C, h, w) each, main logits before enlargement of each view.
        seen: the views, the plain one among them.
        shape: the image's own (height, width).
        name: the image's, for the message.

    Raises:
        NonFiniteLogits: names the image and the bone.
    """
    for class_id in range(len(natives[0])):
        planes = [tail.plane(class_id, native[class_id], shape, name=name) for native in natives]
        boxes = [
            view.origin(box, shape)
            for view, plane in zip(seen, planes, strict=True)
            for box in plane.boxes()
        ]
        region = tails.assemble(
            class_id,
            regions.merge([box for box in boxes if not box.is_empty]),
            partial(_mean, planes, seen),
            tail.cut_level,
        )
        if region is not None:
            yield region


def _mean(planes: Sequence[Plane], seen: Sequence[View], box: Box) -> NDArray[np.float32]:
    total = np.zeros((box.height, box.width), np.float32)
    count = np.zeros_like(total)
    for plane, view in zip(planes, seen, strict=True):
        values, shown = view.undone(plane, box)
        total += values * shown
        count += shown
    return total / count
