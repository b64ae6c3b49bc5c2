"""The bones of one image as outlines with their figures, JSON-shaped."""

from collections.abc import Sequence
from typing import Any

from handseg import bones
from handseg.images.cache import CachedImage
from handseg.masks import bitfield, dice, rle
from handseg.masks.rle import Runs
from handseg.report import labels, outlines
from handseg.viewer.source import Source

_LABELS_APART_FRACTION = 0.012


def of_image(source: Source, name: str, by: str | None) -> dict[str, Any]:
    """Describe one image.

    Args:
        source: where it is.
        name: of the image.
        by: whose prediction; None for the truth alone.

    Returns:
        `name`, `person`, `part`, `fold`, `height`, `width`, `by`, `has_truth`, `warnings`,
        `odd_bones` (class ids that the warnings of `handseg eda` name), and `bones`: `id`,
        `truth` and `predicted` (SVG path data, even-odd, in whole pixels; empty where there is
        none), `dice` (None without truth or prediction), `truth_px`, `predicted_px`, and `label`
        (x, y) or None.
    """
    listed, image = source.images[name], source.image(name)
    height, width = image.pixels.shape
    truth = bitfield.class_runs(image.polygons, (height, width)) if image.polygons else None
    predicted = source.predicted(name, by) if by else None
    return {
        "name": name,
        "person": listed.person,
        "part": listed.part,
        "fold": listed.fold,
        "height": height,
        "width": width,
        "by": by,
        "has_truth": truth is not None,
        "warnings": listed.warnings,
        "odd_bones": listed.odd_bones,
        "bones": _bones(image, truth, predicted),
    }


def _bones(
    image: CachedImage, truth: Sequence[Runs] | None, predicted: Sequence[Runs] | None
) -> list[dict[str, Any]]:
    shape = (image.pixels.shape[0], image.pixels.shape[1])
    centres = {}
    for class_id in range(bones.COUNT):
        place = labels.of_polygons(image.polygons.get(class_id, []))
        if place is None and predicted is not None:
            place = labels.of_runs(predicted[class_id], shape[1])
        if place is not None:
            centres[class_id] = place
    places = labels.apart(centres, _LABELS_APART_FRACTION * shape[0])
    return [
        {
            "id": class_id,
            "truth": outlines.of_polygons(image.polygons.get(class_id, []), shape),
            "predicted": "" if predicted is None else outlines.of_runs(predicted[class_id], shape),
            "dice": None
            if truth is None or predicted is None
            else dice.dice(predicted[class_id], truth[class_id]),
            "truth_px": None if truth is None else rle.area(truth[class_id]),
            "predicted_px": None if predicted is None else rle.area(predicted[class_id]),
            "label": places.get(class_id),
        }
        for class_id in range(bones.COUNT)
    ]
