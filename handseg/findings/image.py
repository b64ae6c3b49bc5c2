"""Everything that can be found in the prediction of one image, or in its annotation."""

from collections.abc import Sequence

from handseg.findings import confusion, places, regions, sides
from handseg.findings.finding import Finding, Name
from handseg.masks import rle
from handseg.masks.polygons import Polygons

_SHOWN = 4
"""Of the mistakes of one kind in one image."""


def of_prediction(
    name: str,
    predicted: Sequence[rle.Runs],
    width: int,
    *,
    truth: Sequence[rle.Runs] | None = None,
) -> list[Finding]:
    """Look for finger confusion, bones in two places, and left for right.

    Args:
        name: of the image.
        predicted: 29 runs in the official order.
        width: of the image, in pixels.
        truth: those of the annotation, where it is known: what is so in truth is no mistake.

    Returns:
        At most one finding of each name.
    """
    found = _regions(predicted, width)
    true = None if truth is None else _regions(truth, width)
    texts: dict[Name, list[str]] = {
        "finger confusion": confusion.confused(predicted, truth),
        "bone in two places": places.apart(found, true),
        "left and right": _sides(found, true),
    }
    return [Finding(name=key, about=name, detail=_joined(t)) for key, t in texts.items() if t]


def _joined(texts: Sequence[str]) -> str:
    """What was seen in one image; a network that has learned nothing confuses hundreds of pairs."""
    more = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def of_annotation(name: str, polygons: Polygons) -> list[Finding]:
    """Look for left and right mixed up in an annotation, where whole bones were exchanged."""
    texts = sides.mixed(regions.centres_of(polygons))
    detail = f"in its annotation, {'; '.join(texts)}"
    return [Finding(name="left and right", about=name, detail=detail)] if texts else []


def _regions(masks: Sequence[rle.Runs], width: int) -> dict[int, regions.Region]:
    found = {class_id: regions.of_runs(runs, width) for class_id, runs in enumerate(masks)}
    return {class_id: region for class_id, region in found.items() if region is not None}


def _sides(found: dict[int, regions.Region], true: dict[int, regions.Region] | None) -> list[str]:
    # Of each bone the largest piece: a speck elsewhere would move the centre of all.
    centres = {class_id: region.pieces[0].centre for class_id, region in found.items()}
    if true is None:
        return sides.mixed(centres)
    annotated = {class_id: region.pieces[0].centre for class_id, region in true.items()}
    in_truth = sides.mixed(annotated)
    texts = [text for text in sides.mixed(centres) if text not in in_truth]
    if sides.side(centres) * sides.side(annotated) < 0:
        texts.append("the hand was annotated as one of the other side")
    return texts


def shown(findings: Sequence[Finding], *, most: int) -> str:
    """The first few as text: image (what was seen)."""
    texts = [f"{found.about} ({found.detail})" for found in findings[:most]]
    more = len(findings) - most
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")
