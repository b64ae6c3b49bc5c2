"""What many images have in common, and in what train and test differ."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from handseg import bones
from handseg.eda import arrangement, image_outliers, label_outliers
from handseg.eda.demographics import Demographics
from handseg.eda.measures import BoneMeasures, ImageMeasures
from handseg.eda.outlier import Outlier

TILTED_DEGREES = 11.0
"""Bend of the wrist from which it counts as tilted: between the 8 of straight synthetic wrists and
the 14 of bent ones."""
_SHIFTED = 0.01
"""Chance, at most, that one distribution gave both parts."""
_LEAST_SHARE = 0.02
"""A pair of bones is listed from this part of the images on."""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One measure over the images, by part."""

    name: str
    unit: str
    train: list[float]
    test: list[float]
    shift: float | None
    """Kolmogorov-Smirnov distance of the two parts, in [0, 1]; None without a test part."""
    p_value: float | None
    """Chance of such a distance where both parts come from one distribution."""

    @property
    def is_shifted(self) -> bool:
        """Whether the parts differ beyond chance."""
        return self.p_value is not None and self.p_value < _SHIFTED


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
    """Median distance from where its neighbours put it, in hand sizes."""
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


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything that the page shows, besides pictures."""

    data_name: str
    images: dict[str, int]
    """By part."""
    people: dict[str, int]
    sizes: dict[str, int]
    """Height x width -> images."""
    images_per_person: dict[int, int]
    sides: dict[str, int]
    """Train people by the hands annotated: both, one, or more images of one side."""
    distributions: list[Distribution]
    tilted_fraction: dict[str, float]
    bone_rows: list[BoneRow]
    overlaps: list[Overlap]
    overlapping_fraction: float
    """Part of the bones' pixels that belong to several, roughly: shared over the sum."""
    outliers: list[Outlier]
    """Worst first."""
    demographics: Demographics | None


def of_images(
    images: Sequence[ImageMeasures], *, data_name: str, demographics: Demographics | None
) -> Summary:
    """Summarise a data set.

    Args:
        images: measures of each, train before test.
        data_name: how the data set is called.
        demographics: of its people, where they are known.
    """
    measured = [image.bones for image in images if image.bones is not None]
    outliers = [*label_outliers.find(images), *image_outliers.find(images)]
    return Summary(
        data_name=data_name,
        images=dict(Counter(image.part for image in images)),
        people={
            part: len({image.person for image in images if image.part == part})
            for part in dict.fromkeys(image.part for image in images)
        },
        sizes=dict(Counter(f"{image.shape[0]} x {image.shape[1]}" for image in images)),
        images_per_person=dict(
            sorted(Counter(Counter(image.person for image in images).values()).items())
        ),
        sides=_sides(images),
        distributions=[_distribution(images, *row) for row in _MEASURES],
        tilted_fraction=_tilted(images),
        bone_rows=_bone_rows(
            [(image.shape, image.bones) for image in images if image.bones is not None]
        ),
        overlaps=_overlaps(measured),
        overlapping_fraction=_overlapping(measured),
        outliers=sorted(outliers, key=lambda one: (-one.score, one.image_name, one.reason)),
        demographics=demographics,
    )


def _tilt(image: ImageMeasures) -> float | None:
    return None if image.lie is None else abs(image.lie.tilt)


def _rotation(image: ImageMeasures) -> float | None:
    return None if image.lie is None else image.lie.hand


_MEASURES: tuple[tuple[str, str, Callable[[ImageMeasures], float | None]], ...] = (
    ("wrist tilt", "degrees", _tilt),
    ("rotation of the hand", "degrees", _rotation),
    ("brightness", "mean, of 1", lambda image: image.brightness),
    ("contrast", "standard deviation, of 1", lambda image: image.spread),
    ("sharpness", "Laplacian over contrast", lambda image: image.sharpness),
)


def _distribution(
    images: Sequence[ImageMeasures],
    name: str,
    unit: str,
    measure: Callable[[ImageMeasures], float | None],
) -> Distribution:
    values: dict[str, list[float]] = {"train": [], "test": []}
    for image in images:
        value = measure(image)
        if value is not None:
            values[image.part].append(value)
    train, test = values["train"], values["test"]
    apart = ks_2samp(train, test) if train and test else None
    return Distribution(
        name=name,
        unit=unit,
        train=train,
        test=test,
        shift=None if apart is None else float(apart.statistic),
        p_value=None if apart is None else float(apart.pvalue),
    )


def _tilted(images: Sequence[ImageMeasures]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for image in images:
        tilt = _tilt(image)
        if tilt is not None:
            found.setdefault(image.part, []).append(tilt > TILTED_DEGREES)
    return {part: float(np.mean(tilted)) for part, tilted in found.items()}


def _sides(images: Sequence[ImageMeasures]) -> dict[str, int]:
    annotated = [(image.person, image.bones) for image in images if image.bones is not None]
    if not annotated:
        return {}
    usual = arrangement.usual([found.centres for _, found in annotated])
    hands: dict[str, list[bool]] = {}
    for person, found in annotated:
        hands.setdefault(person, []).append(arrangement.is_mirrored(found.centres, usual))
    return dict(Counter(_pair(sides) for sides in hands.values()))


def _pair(sides: Sequence[bool]) -> str:
    if len(sides) == 1:
        return "one hand"
    return "both hands" if len(set(sides)) == 2 else "one side only, several images"


def _bone_rows(annotated: Sequence[tuple[tuple[int, int], BoneMeasures]]) -> list[BoneRow]:
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


def _overlaps(measured: Sequence[BoneMeasures]) -> list[Overlap]:
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


def _overlapping(measured: Sequence[BoneMeasures]) -> float:
    shared, total = 0.0, 0.0
    for image in measured:
        total += float(np.nansum(image.areas))
        for (a, b), iou in image.overlaps.items():
            shared += iou * float(image.areas[a] + image.areas[b]) / (1 + iou)
    return shared / total if total else 0.0
