"""What many images have in common, and in what train and test differ."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from handseg import bones
from handseg.eda import arrangement, bone_rows, image_outliers, label_outliers
from handseg.eda.bone_rows import BoneRow, Overlap
from handseg.eda.demographics import Demographics
from handseg.eda.measures import ImageMeasures
from handseg.eda.outlier import Outlier

TILTED_DEGREES = 11.0
"""Bend of the wrist from which it counts as tilted: between the 8 of straight synthetic wrists and
the 14 of bent ones."""
_SHIFTED = 0.01
"""Chance, at most, that one distribution gave both parts."""


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
    """Train people by the sides annotated: both, one image, or more images of one side."""
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
    images: Sequence[ImageMeasures],
    *,
    data_name: str,
    demographics: Demographics | None,
    refused: Sequence[Outlier] = (),
) -> Summary:
    """Summarise a data set.

    Args:
        images: measures of each, train before test.
        data_name: how the data set is called.
        demographics: of its people, where they are known.
        refused: faults of images and annotations, which are findings too.
    """
    measured = [image.bones for image in images if image.bones is not None]
    outliers = [*refused, *label_outliers.find(images), *image_outliers.find(images)]
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
        bone_rows=bone_rows.of(
            [(image.shape, image.bones) for image in images if image.bones is not None]
        ),
        overlaps=bone_rows.overlaps(measured),
        overlapping_fraction=bone_rows.overlapping(measured),
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
        return "one hand" if bones.IS_HAND else "one image"
    both = "both hands" if bones.IS_HAND else "both sides"
    return both if len(set(sides)) == 2 else "one side only, several images"
