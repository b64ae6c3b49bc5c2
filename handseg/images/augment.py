"""Random changes to a training image and its polygons: geometry on vertices, the rest on pixels.

Flip, rotation, scale and shift are one affine map. The image goes through `cv2.warpAffine`, the
polygons through the same matrix and are rasterised afterwards, which costs a thirtieth of moving
29 masks. GridDropout, contrast and Cutout are albumentations' work; `elastic` and `copy_paste` have
modules of their own.
"""

import albumentations as A  # noqa: N812 - the name its documentation uses
import cv2
import numpy as np
from numpy.typing import NDArray

from handseg.settings import AugmentSettings

_GRID_HOLES = (4, 4)
_GRID_RATIO = 0.1
_CUTOUT_HOLES = (1, 8)
_CUTOUT_SIDES = (0.02, 0.1)
"""Of a rectangle, as fractions of the image's."""


def draw_affine(
    generator: np.random.Generator, settings: AugmentSettings, side_px: int
) -> NDArray[np.float64]:
    """Draw one affine map of a square image onto itself.

    Args:
        generator: source of the draw.
        settings: probabilities and ranges.
        side_px: side of the square, in pixels.

    Returns:
        float64 (2, 3), mapping (x, y) pixel centres before to pixel centres after; the fixed
        point of rotation, scale and flip is the square's centre.
    """
    mirror = -1.0 if generator.random() < settings.flip else 1.0
    angle, scale, shift = 0.0, 1.0, np.zeros(2)
    if generator.random() < settings.rotate:
        angle = np.deg2rad(generator.uniform(-settings.rotate_degrees, settings.rotate_degrees))
        scale = np.exp(generator.uniform(-1, 1) * np.log1p(settings.scale_fraction))
        shift = generator.uniform(-1, 1, 2) * settings.shift_fraction * side_px
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine * mirror, sine], [-sine * mirror, cosine]])
    centre = np.full(2, (side_px - 1) / 2)
    return np.column_stack([linear, centre + shift - linear @ centre])


def warp(image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Move a uint8 (H, W) image by a (2, 3) matrix, black outside; the identity changes nothing."""
    if np.array_equal(matrix, np.eye(2, 3)):
        return image
    height, width = image.shape
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(moved, np.uint8)


def compose(first: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chain two (2, 3) affine maps: the result applies `first`, then `then`."""
    homogeneous = np.vstack([first, [0.0, 0.0, 1.0]])
    return np.asarray(then @ homogeneous)


def pixel_recipe(settings: AugmentSettings) -> A.Compose | None:
    """Build what is not affine, or None when nothing of it is wanted.

    GridDropout zeroes the same cells of image and target, as in the published recipe. Cutout zeroes
    the image alone: what is behind it is to be told from what is around (DeVries and Taylor 2017).
    `strict` makes albumentations refuse an argument it does not know instead of ignoring it.
    """
    steps: list[A.BasicTransform] = []
    if settings.grid_dropout:
        steps.append(
            A.GridDropout(
                ratio=_GRID_RATIO,
                holes_number_xy=_GRID_HOLES,
                fill=0,
                fill_mask=0,
                p=settings.grid_dropout,
            )
        )
    if settings.contrast_fraction:
        limit = (-settings.contrast_fraction, settings.contrast_fraction)
        steps.append(
            A.RandomBrightnessContrast(brightness_limit=limit, contrast_limit=limit, p=1.0)
        )
    if settings.cutout:
        steps.append(
            A.CoarseDropout(
                num_holes_range=_CUTOUT_HOLES,
                hole_height_range=_CUTOUT_SIDES,
                hole_width_range=_CUTOUT_SIDES,
                fill=0,
                fill_mask=None,
                p=settings.cutout,
            )
        )
    return A.Compose(steps, strict=True) if steps else None


def apply_pixels(
    recipe: A.Compose | None, image: NDArray[np.uint8], target: NDArray[np.uint8], seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Run a pixel recipe on an image and its target.

    Args:
        recipe: from `pixel_recipe`.
        image: uint8 (H, W).
        target: uint8 (H, W, C): a bit field's four bytes, or coverage per class.
        seed: the draw; albumentations ignores global seeds.
    """
    if recipe is None:
        return image, target
    recipe.set_random_seed(seed)
    changed = recipe(image=image, mask=target)
    return changed["image"], changed["mask"]
