"""Images: sharpening, and the augmentation of an image with its masks."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import albumentations as A  # noqa: N812
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from handseg import bones
from handseg.images import adjustments, augment, elastic
from handseg.images.cache import CacheWriter, ImageCache
from handseg.images.elastic import Field
from handseg.masks import bitfield
from handseg.settings import AugmentSettings, PreprocessSettings
from handseg.stages import preprocess
from handseg.training.pose import Pose
from tests.benchmarks.case import SIDE, Case
from tests.benchmarks.row import Row, require

_DEGREES = 7.0
_LEAST_DICE = 0.985
"""Masks that are moved and those that are drawn moved differ by the rim that fillPoly includes."""
_GRID = AugmentSettings(grid_dropout=1.0)


class Sample(NamedTuple):
    """An image and the truth beside it."""

    image: NDArray[np.uint8]
    target: NDArray[np.generic]


def _flip_and_rotate_planes(case: Case) -> Callable[[], object]:
    masks = np.ascontiguousarray(case.planes.transpose(1, 2, 0)).view(np.uint8)
    image = case.pixels
    recipe = A.Compose(
        [A.HorizontalFlip(p=1.0), A.Rotate(limit=(_DEGREES, _DEGREES), border_mode=0, p=1.0)]
    )

    def move() -> Sample:
        moved = recipe(image=image, mask=masks)
        return Sample(moved["image"], moved["mask"])

    return move


def _flip_and_rotate_vertices(case: Case) -> Callable[[], object]:
    image, truth = case.pixels, case.truth
    settings = AugmentSettings(flip=1.0, rotate=1.0, rotate_degrees=_DEGREES)
    # The draw with the whole angle, as the baseline has it.
    affine = augment.draw_affine(_Greatest(), settings, SIDE)

    def move() -> Sample:
        return Sample(
            augment.warp(image, affine), bitfield.rasterise(truth, (SIDE, SIDE), matrix=affine)
        )

    return move


class _Greatest(np.random.Generator):
    """Draws the greatest angle and no scale or shift."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def random(self, *_: object, **__: object) -> float:  # type: ignore[override]
        return 0.0

    def uniform(self, low: float = 0, high: float = 1, size: object = None) -> object:  # type: ignore[override]
        return high if size is None else np.zeros(2)


def _nearly_same_planes(_: Case, baseline: object, ours: object) -> None:
    if not isinstance(baseline, Sample) or not isinstance(ours, Sample):
        raise TypeError("two samples expected")
    difference = float(np.abs(baseline.image.astype(int) - ours.image).mean())
    require(difference < 0.5, f"the images differ by {difference:.2f} levels in the mean")
    field = np.asarray(ours.target, np.int32)
    for class_id in range(bones.COUNT):
        a, b = baseline.target[..., class_id] != 0, bitfield.plane(field, class_id)
        dice = 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))
        require(bool(dice >= _LEAST_DICE), f"{bones.NAMES[class_id]}: Dice {dice:.4f}")


def _bend_planes(case: Case) -> Callable[[], object]:
    masks = np.ascontiguousarray(case.planes.transpose(1, 2, 0)).view(np.uint8)
    across, down = _sources(_field())
    image, recipe = case.pixels, augment.pixel_recipe(_GRID)

    def bend() -> Sample:
        # As albumentations' ElasticTransform does, with the field that ours has.
        moved = np.asarray(cv2.remap(image, across, down, cv2.INTER_LINEAR), np.uint8)
        planes = [
            np.asarray(cv2.remap(masks[..., c], across, down, cv2.INTER_NEAREST), np.uint8)
            for c in range(bones.COUNT)
        ]
        return Sample(*augment.apply_pixels(recipe, moved, np.stack(planes, axis=-1), 11))

    return bend


def _field() -> Field:
    settings = AugmentSettings(elastic=1.0, elastic_fraction=0.01)
    field = elastic.draw(np.random.default_rng(3), settings, SIDE)
    if field is None:
        raise ValueError("the field was drawn with probability 1")
    return field


def _sources(field: Field) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel of a bent image comes from, across and down."""
    columns = np.arange(SIDE, dtype=np.float64)
    rows = []
    for row in range(SIDE):
        points = np.column_stack([columns, np.full(SIDE, float(row))])
        rows.append((points + field.displacement(points)).astype(np.float32))
    found = np.stack(rows)
    return np.ascontiguousarray(found[..., 0]), np.ascontiguousarray(found[..., 1])


def _bend_vertices(case: Case) -> Callable[[], object]:
    pose = Pose(side=SIDE, affine=np.eye(2, 3), field=_field())
    image, truth, recipe = case.pixels, case.truth, augment.pixel_recipe(_GRID)

    def bend() -> Sample:
        target = pose.target(truth, (SIDE, SIDE), "bitfield")
        moved, packed = augment.apply_pixels(recipe, pose.image(image), target, 11)
        return Sample(moved, np.ascontiguousarray(packed).view(np.int32)[..., 0])

    return bend


def _sharpen_by_pil(case: Case) -> Callable[[], object]:
    source = case.record.image_path

    def sharpen() -> NDArray[np.uint8]:
        out = Path(tempfile.mkdtemp(dir=case.folder)) / "sharpened.png"
        with Image.open(source) as image:
            sharper = ImageEnhance.Sharpness(image).enhance(2.0)
        sharper.save(out)
        return np.asarray(sharper)[..., 0]

    return sharpen


def _sharpen_alone_by_pil(case: Case) -> Callable[[], object]:
    with Image.open(case.record.image_path) as file:
        image = file.copy()
    return lambda: np.asarray(ImageEnhance.Sharpness(image).enhance(2.0))[..., 0]


def _sharpen_alone(case: Case) -> Callable[[], object]:
    pixels, settings = case.pixels, PreprocessSettings()
    return lambda: adjustments.adjust(pixels, settings)


def _sharpen_into_cache(case: Case) -> Callable[[], object]:
    record, settings = case.record, PreprocessSettings()

    def write() -> Path:
        # A new file each time, as the stage writes it: to empty an old one takes as long.
        folder = Path(tempfile.mkdtemp(dir=case.folder))
        with CacheWriter(folder, {}, settings.compression) as writer:
            prepare = partial(preprocess.prepare, settings=settings, writer=writer)
            packed, _ = prepare(record)
            writer.write(packed)
        return folder

    return write


def _same_kept(case: Case, baseline: object, ours: object) -> None:
    kept = ImageCache(Path(str(ours))).read(case.record.name).pixels
    _same_pixels(case, baseline, kept)


def _same_pixels(_: Case, baseline: object, ours: object) -> None:
    require(np.array_equal(np.asarray(baseline), np.asarray(ours)), "the pixels differ")


def cache_of(case: Case) -> Path:
    """An image cache of the case's images, raw, sharpened."""
    folder = case.folder / "cache"
    if not folder.exists():
        folder.mkdir()
        with CacheWriter(folder, {}, "none") as writer:
            packed, _ = preprocess.prepare(
                case.record, settings=PreprocessSettings(), writer=writer
            )
            writer.write(packed)
    return folder


ROWS = (
    Row(
        name="augment_vertex",
        about="flip and rotate an image with 29 masks",
        goal=15,
        baseline=_flip_and_rotate_planes,
        ours=_flip_and_rotate_vertices,
        same=_nearly_same_planes,
        calls=(augment.warp, bitfield.rasterise),
    ),
    Row(
        name="augment_raster",
        about="elastic deformation and GridDropout of an image with 29 masks",
        goal=10,
        baseline=_bend_planes,
        ours=_bend_vertices,
        same=_nearly_same_planes,
        calls=(Pose.image, Pose.target, augment.apply_pixels),
    ),
    Row(
        name="sharpen_png",
        about="sharpness 2 of an image in memory (no stage writes PNG)",
        goal=12,
        baseline=_sharpen_alone_by_pil,
        ours=_sharpen_alone,
        same=_same_pixels,
        calls=(adjustments.adjust,),
    ),
    Row(
        name="sharpen_cache",
        about="read, sharpen and keep an image",
        goal=15,
        baseline=_sharpen_by_pil,
        ours=_sharpen_into_cache,
        same=_same_kept,
        calls=(preprocess.prepare, CacheWriter.write),
    ),
)
