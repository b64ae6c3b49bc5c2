"""What is measured of one image: its exposure, how the hand lies, and each annotated bone."""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset import twins
from handseg.dataset.layout import ImageRecord, Part
from handseg.eda import exposure, silhouette
from handseg.eda.exposure import Exposure
from handseg.eda.silhouette import Lie
from handseg.masks import bitfield, dice, moments, rle
from handseg.masks.polygons import Polygons, bounds

SIDE_PX = 512
"""Longer side at which brightness is compared; areas and overlaps are measured at full size."""
_RING_FRACTION = 7 / SIDE_PX
"""Width of the surroundings that a bone is compared with, of the longer side."""
_LEAST_RING = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class BoneMeasures:
    """What is measured of an annotation; arrays have one entry for each bone, NaN without it."""

    areas: NDArray[np.float64]
    """Pixels at full size."""
    centres: NDArray[np.complex128]
    """x + i y of the mask's centre, in pixels."""
    elongations: NDArray[np.float64]
    """Long axis over short axis of the mask, 1 or more."""
    contrasts: NDArray[np.float64]
    """Mean brightness inside less that of the ground around it, as a part of the range of the
    pixels about the annotation: so neither exposure nor a frame changes it."""
    saturated: NDArray[np.bool_]
    """Whether bone and surroundings are white alike, which no outline can be judged by."""
    glare: NDArray[np.float64]
    """Brightest hundredth inside over the median inside; metal lifts it."""
    overlaps: dict[tuple[int, int], float]
    """IoU of pairs of bones that share pixels."""
    pieces: NDArray[np.int64]
    """Polygons of each bone."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageMeasures:
    """What is measured of one image."""

    name: str
    person: str
    part: Part
    shape: tuple[int, int]
    pixel_hash: str
    brightness: float
    """Mean, in [0, 1]."""
    exposure: Exposure
    spread: float
    """Standard deviation, of 1."""
    white_fraction: float
    """Part of the pixels at the greatest value."""
    sharpness: float
    """Standard deviation of the Laplacian at SIDE_PX over that of the pixels."""
    lie: Lie | None
    """None where nothing stands out as a hand, and where the bones are not a hand's."""
    bones: BoneMeasures | None
    """None for test images, and where hardly anything of the annotation can be read."""


def of_image(
    record: ImageRecord, pixels: NDArray[np.uint8], polygons: Polygons | None
) -> ImageMeasures:
    """Measure one image.

    Args:
        record: which it is.
        pixels: uint8 (H, W).
        polygons: of its annotation; None where it has none.
    """
    height, width = pixels.shape
    small = _shrunk(pixels)
    deviation = float(small.std())
    laplacian = float(cv2.Laplacian(small, cv2.CV_32F).std())
    return ImageMeasures(
        name=record.name,
        person=record.person,
        part=record.part,
        shape=(height, width),
        pixel_hash=twins.pixel_hash(pixels),
        brightness=float(small.mean()) / exposure.WHITE,
        exposure=exposure.of(small),
        spread=deviation / exposure.WHITE,
        white_fraction=float((small == exposure.WHITE).mean()),
        sharpness=laplacian / deviation if deviation else 0.0,
        lie=silhouette.lie(pixels) if bones.IS_HAND else None,
        bones=None if polygons is None else _of_bones(pixels.shape, small, polygons),
    )


def _shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = SIDE_PX / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _of_bones(shape: tuple[int, ...], small: NDArray[np.uint8], polygons: Polygons) -> BoneMeasures:
    size = (shape[0], shape[1])
    runs = bitfield.class_runs(polygons, size)
    found = [moments.of_runs(of_bone, size[1]) for of_bone in runs]
    contrasts, saturated, glare = _brightness(size, small, polygons)
    counts = [len(polygons.get(class_id, [])) for class_id in range(bones.COUNT)]
    return BoneMeasures(
        areas=np.array([float(rle.area(of_bone)) or np.nan for of_bone in runs]),
        centres=np.array([complex(one.x, one.y) if one else complex(np.nan) for one in found]),
        elongations=np.array([one.long_axis / one.short_axis if one else np.nan for one in found]),
        contrasts=contrasts,
        saturated=saturated,
        glare=glare,
        overlaps=_overlaps(runs, polygons, size),
        pieces=np.array(counts, np.int64),
    )


def _overlaps(
    runs: list[rle.Runs], polygons: Polygons, shape: tuple[int, int]
) -> dict[tuple[int, int], float]:
    boxes = {class_id: bounds(shapes, shape) for class_id, shapes in polygons.items()}
    found = {}
    for a, b in combinations(sorted(boxes), 2):
        one, other = boxes[a], boxes[b]
        if one.top >= other.bottom or other.top >= one.bottom:
            continue
        if one.left >= other.right or other.left >= one.right:
            continue
        shared = dice.intersection(runs[a], runs[b])
        if shared:
            found[a, b] = shared / (rle.area(runs[a]) + rle.area(runs[b]) - shared)
    return found


def _brightness(
    shape: tuple[int, int], small: NDArray[np.uint8], polygons: Polygons
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Contrast, saturation and glare of each bone, at the small size."""
    height, width = small.shape
    matrix = bitfield.scaling(shape, (height, width)) if small.shape != shape else None
    field = bitfield.rasterise(polygons, (height, width), matrix=matrix)
    ring_px = max(2, round(_RING_FRACTION * max(small.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * ring_px + 1, 2 * ring_px + 1))
    contrasts, glare = np.full(bones.COUNT, np.nan), np.full(bones.COUNT, np.nan)
    saturated = np.zeros(bones.COUNT, np.bool_)
    low, high = exposure.own_range(small[_about(field, ring_px)])
    for class_id in polygons:
        of_bone = field & np.int32(1 << class_id)
        if not of_bone.any():
            continue
        part = _about(of_bone, ring_px)
        mask = bitfield.plane(field[part], class_id).astype(np.uint8)
        values = small[part].astype(np.float32)
        around = (cv2.dilate(mask, kernel) > 0) & (field[part] == 0)
        inside = values[mask > 0]
        glare[class_id] = np.percentile(inside, 99) / max(1.0, float(np.median(inside)))
        if np.count_nonzero(around) >= _LEAST_RING:
            contrasts[class_id] = (inside.mean() - values[around].mean()) / max(1.0, high - low)
            middles = np.median(inside), np.median(values[around])
            saturated[class_id] = min(middles) == exposure.WHITE
    return contrasts, saturated, glare


def _about(field: NDArray[np.int32], margin_px: int) -> tuple[slice, slice]:
    """Rows and columns that hold bones, with a margin; all where there is none."""
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    if not len(rows):
        return slice(None), slice(None)
    top, left = max(0, rows[0] - margin_px), max(0, columns[0] - margin_px)
    return slice(top, rows[-1] + margin_px + 1), slice(left, columns[-1] + margin_px + 1)
