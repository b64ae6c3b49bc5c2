import json
from pathlib import Path
from typing import Any

import cv2
import nibabel
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from handseg import bones
from handseg.interchange import mask_files
from handseg.masks import rle

SHAPE = (6, 9)
FIRST, OVERLAPPING = np.zeros(SHAPE, np.bool_), np.zeros(SHAPE, np.bool_)
FIRST[1:5, 2:6] = True
OVERLAPPING[3:6, 4:9] = True
RUNS = [rle.empty()] * bones.COUNT
RUNS[0], RUNS[28] = rle.runs_of(FIRST), rle.runs_of(OVERLAPPING)


def test_png_holds_each_bone_that_is_there(tmp_path: Path) -> None:
    mask_files.png(tmp_path, "a.png", RUNS, SHAPE, None)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"finger-1.png", "Ulna.png"}
    for name, mask in (("finger-1", FIRST), ("Ulna", OVERLAPPING)):
        read = cv2.imread(str(tmp_path / "a" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert read is not None
        assert np.array_equal(read, mask * 255)


def test_nifti_goes_right_then_down_in_mm(tmp_path: Path) -> None:
    mask_files.nifti(tmp_path, "a.png", RUNS, SHAPE, (0.2, 0.1))
    image: Any = nibabel.load(tmp_path / "a" / "Ulna.nii.gz")
    assert np.array_equal(np.asarray(image.dataobj)[:, :, 0].T, OVERLAPPING)
    assert tuple(image.header.get_zooms())[:2] == (np.float32(0.1), np.float32(0.2))
    assert image.header.get_xyzt_units()[0] == "mm"


def test_labelme_polygons_draw_the_masks_again(tmp_path: Path) -> None:
    mask_files.labelme(tmp_path, "a.png", RUNS, SHAPE, None)
    document = json.loads((tmp_path / "a.json").read_text())
    assert (document["imageHeight"], document["imageWidth"]) == SHAPE
    drawn: dict[str, NDArray[np.uint8]] = {}
    for shape in document["shapes"]:
        plane = drawn.setdefault(shape["label"], np.zeros(SHAPE, np.uint8))
        cv2.fillPoly(plane, [np.array(shape["points"], np.int32)], (1,))
    assert np.array_equal(drawn["finger-1"], FIRST)
    assert np.array_equal(drawn["Ulna"], OVERLAPPING)


def test_coco_counts_columns_from_background_on() -> None:
    # Column 0 and 1 are empty, 12 pixels, then one more before rows 1 to 4 of column 2.
    counts = mask_files.column_counts(RUNS[0], SHAPE)
    assert counts == [13, 4, 2, 4, 2, 4, 2, 4, 19]
    first, second = mask_files.coco_annotations(RUNS, SHAPE, image_id=7, first_id=3)
    assert (first["id"], second["id"], second["category_id"]) == (3, 4, 29)
    assert first["bbox"] == [2, 1, 4, 4]
    assert second["area"] == 15


@given(arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_coco_counts_give_the_mask_again(
    mask: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]",
) -> None:
    counts = mask_files.column_counts(rle.runs_of(mask), mask.shape)
    values = np.arange(len(counts)) % 2 == 1
    assert np.array_equal(np.repeat(values, counts).reshape(mask.shape[::-1]).T, mask)


@given(st.integers(0, 5), st.integers(0, 8))
def test_a_single_pixel_survives(row: int, column: int) -> None:
    mask = np.zeros(SHAPE, np.bool_)
    mask[row, column] = True
    counts = mask_files.column_counts(rle.runs_of(mask), SHAPE)
    assert counts[:2] == [column * SHAPE[0] + row, 1]
