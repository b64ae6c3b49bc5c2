"""The masks of one image in the forms that other programs read.

One mask at a time: bones overlap, so that one label map could not hold them.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import nibabel
import numpy as np
from nibabel.nifti1 import Nifti1Image
from numpy.typing import NDArray

from handseg import bones
from handseg.interchange.spacing import Spacing
from handseg.masks import rle
from handseg.report import outlines

Write = Callable[[Path, str, Sequence[rle.Runs], tuple[int, int], Spacing | None], None]
"""Writes the masks of one image: folder, image name, 29 runs, (height, width), mm of a pixel."""

_SHOWN = 255
_PNG = [cv2.IMWRITE_PNG_BILEVEL, 1]


def png(
    folder: Path,
    name: str,
    runs: Sequence[rle.Runs],
    shape: tuple[int, int],
    spacing: Spacing | None,
) -> None:
    """IMAGE/BONE.png, one bit a pixel, white where the bone is; bones that are not there left out.

    Args:
        folder: to write into, as for all that follow.
        name: of the image.
        runs: 29 in the official order.
        shape: (height, width) of the image.
        spacing: mm of a pixel; a PNG does not hold it.
    """
    place = _place(folder, name)
    for class_id, found in _there(runs):
        mask = _plane(found, shape)
        encoded = cv2.imencode(".png", mask * np.uint8(_SHOWN), _PNG)[1]
        (place / f"{bones.NAMES[class_id]}.png").write_bytes(encoded.tobytes())


def nifti(
    folder: Path,
    name: str,
    runs: Sequence[rle.Runs],
    shape: tuple[int, int],
    spacing: Spacing | None,
) -> None:
    """IMAGE/BONE.nii.gz, uint8 (width, height, 1), 1 where the bone is.

    The first axis goes to the right of the image and the second down, in mm where the spacing is
    known and in pixels elsewhere; an X-ray says nothing of where the patient's sides are.
    """
    place = _place(folder, name)
    row_mm, column_mm = spacing or (1.0, 1.0)
    affine = np.diag([column_mm, row_mm, 1.0, 1.0])
    for class_id, found in _there(runs):
        image = Nifti1Image(_plane(found, shape).T[:, :, None], affine)  # type: ignore[no-untyped-call]
        if spacing is not None:
            image.header.set_xyzt_units("mm")  # type: ignore[no-untyped-call]
        nibabel.save(image, place / f"{bones.NAMES[class_id]}.nii.gz")


def labelme(
    folder: Path,
    name: str,
    runs: Sequence[rle.Runs],
    shape: tuple[int, int],
    spacing: Spacing | None,
) -> None:
    """IMAGE.json as LabelMe reads it: a polygon for each connected region.

    Holes are not in it, nor are specks of fewer than three corners.
    """
    shapes = [
        {
            "label": bones.NAMES[class_id],
            "points": contour.reshape(-1, 2).astype(float).tolist(),
            "group_id": class_id,
            "shape_type": "polygon",
            "flags": {},
        }
        for class_id, found in _there(runs)
        for contour in _contours(found, shape)
    ]
    document: dict[str, Any] = {
        "version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": name, "imageData": None,
        "imageHeight": shape[0], "imageWidth": shape[1],
    }  # fmt: skip
    path = folder / f"{name.removesuffix('.png')}.json"
    path.write_text(json.dumps(document) + "\n", encoding="utf-8")


def coco_annotations(
    runs: Sequence[rle.Runs], shape: tuple[int, int], image_id: int, first_id: int
) -> list[dict[str, Any]]:
    """COCO's annotations of one image, with uncompressed RLE: columns first, background first.

    Args:
        runs: 29 in the official order.
        shape: (height, width) of the image.
        image_id: of the image in the file.
        first_id: of the first annotation; the others follow.
    """
    found: list[dict[str, Any]] = []
    for class_id, mask in _there(runs):
        box, _ = outlines.roi(mask, shape)
        found.append(
            {
                "id": first_id + len(found),
                "image_id": image_id,
                "category_id": class_id + 1,
                "segmentation": {"size": list(shape), "counts": column_counts(mask, shape)},
                "area": rle.area(mask),
                "bbox": [box.left, box.top, box.width, box.height],
                "iscrowd": 1,
            }
        )
    return found


def column_counts(runs: rle.Runs, shape: tuple[int, int]) -> list[int]:
    """Lengths of background and foreground in turn, the mask read column by column."""
    box, mask = outlines.roi(runs, shape)
    turned = rle.runs_of_roi(
        np.ascontiguousarray(mask.T), top=box.left, left=box.top, width=shape[0]
    )
    edges = np.concatenate([[0], turned.ravel(), [shape[0] * shape[1]]])
    counts: list[int] = np.diff(edges).tolist()
    return counts[:-1] if counts[-1] == 0 else counts


def _there(runs: Sequence[rle.Runs]) -> list[tuple[int, rle.Runs]]:
    return [(class_id, found) for class_id, found in enumerate(runs) if len(found)]


def _place(folder: Path, name: str) -> Path:
    place = folder / name.removesuffix(".png")
    place.mkdir()
    return place


def _plane(runs: rle.Runs, shape: tuple[int, int]) -> NDArray[np.uint8]:
    box, mask = outlines.roi(runs, shape)
    plane = np.zeros(shape, np.uint8)
    plane[box.top : box.bottom, box.left : box.right] = mask
    return plane


def _contours(runs: rle.Runs, shape: tuple[int, int]) -> list[NDArray[np.int32]]:
    box, mask = outlines.roi(runs, shape)
    found, _ = cv2.findContours(
        mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(box.left, box.top)
    )
    # LabelMe wants three points of a polygon; a speck of a pixel or two has fewer.
    return [np.asarray(contour, np.int32) for contour in found if len(contour) >= 3]
