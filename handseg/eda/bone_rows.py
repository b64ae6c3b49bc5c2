"""Each bone, and each pair that overlaps, over all annotations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.eda import arrangement
from handseg.eda.measures import BoneMeasures

_LEAST_SHARE = 0.02
"""A pair of bones is listed from this part of the images on."""


@dataclass(frozen=True, kw_only=True)
class BoneRow:
    """One bone over all annotations."""

    class_id: int
    images: int
    area_px: float
    """Mean, at full size."""
    area_deviation: float
    """Standard deviation over the mean."""
    centre: tuple[float, float]
    """Mean place in the image, (x, y) as fractions of width and height."""
    elongation: float | None
    """Median; None where it is known of no annotation, as for those that follow."""
    contrast: float | None
    position_deviation: float | None
    """Median distance from where its neighbours put it, in sizes of all bones together."""
    pieces: int
    """Annotations that have it in several polygons."""

    @property
    def name(self) -> str:
        """Its class name."""
        return bones.NAMES[self.class_id]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Two bones that share pixels."""

    bones: tuple[str, str]
    images_fraction: float
    iou: float
    """Mean over the images in which they share any."""


def of(annotated: Sequence[tuple[tuple[int, int], BoneMeasures]]) -> list[BoneRow]:
    """Every bone that some annotation has.

    Args:
        annotated: (height, width) of each image, and the measures of its annotation.
    """
    if not annotated:
        return []
    measured = [found for _, found in annotated]
    places = np.array(
        [
            found.centres.real / width + 1j * found.centres.imag / height
            for (height, width), found in annotated
        ]
    )
    usual = arrangement.usual([found.centres for found in measured])
    apart = np.array([arrangement.residuals(found.centres, usual) for found in measured])
    areas = np.array([found.areas for found in measured])
    pieces = np.array([found.pieces for found in measured])
    there = [c for c in range(bones.COUNT) if np.isfinite(areas[:, c]).any()]
    return [
        BoneRow(
            class_id=c,
            images=int(np.isfinite(areas[:, c]).sum()),
            area_px=float(np.nanmean(areas[:, c])),
            area_deviation=float(np.nanstd(areas[:, c]) / np.nanmean(areas[:, c])),
            centre=(float(np.nanmean(places[:, c].real)), float(np.nanmean(places[:, c].imag))),
            elongation=_middle([found.elongations[c] for found in measured]),
            contrast=_middle([found.contrasts[c] for found in measured]),
            position_deviation=_middle(apart[:, c]),
            pieces=int((pieces[:, c] > 1).sum()),
        )
        for c in there
    ]


def _middle(values: Sequence[float] | NDArray[np.float64]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else None


def overlaps(measured: Sequence[BoneMeasures]) -> list[Overlap]:
    """Pairs that share pixels in more than single images, those that share most first."""
    found: dict[tuple[int, int], list[float]] = {}
    for image in measured:
        for pair, iou in image.overlaps.items():
            found.setdefault(pair, []).append(iou)
    rows = [
        Overlap(
            bones=(bones.NAMES[a], bones.NAMES[b]),
            images_fraction=len(values) / len(measured),
            iou=float(np.mean(values)),
        )
        for (a, b), values in found.items()
        if len(values) >= _LEAST_SHARE * len(measured)
    ]
    return sorted(rows, key=lambda row: -row.iou * row.images_fraction)


def overlapping(measured: Sequence[BoneMeasures]) -> float:
    """Pixels that two bones share, over all pixels of bones."""
    shared, total = 0.0, 0.0
    for image in measured:
        total += float(np.nansum(image.areas))
        for (a, b), iou in image.overlaps.items():
            shared += iou * float(image.areas[a] + image.areas[b]) / (1 + iou)
    return shared / total if total else 0.0
