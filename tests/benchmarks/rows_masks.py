"""Masks: RLE, rasterising, Dice."""

import json
from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from handseg import bones
from handseg.dataset import annotations
from handseg.masks import bitfield, dice, rle
from tests.benchmarks.case import SIDE, Case
from tests.benchmarks.row import Row, require


def encode_plane(mask: NDArray[np.bool_]) -> str:
    """The organisers' way: flatten, pad, compare neighbours, join."""
    pixels = np.concatenate([[0], mask.flatten(), [0]])
    runs = np.where(pixels[1:] != pixels[:-1])[0] + 1
    runs[1::2] -= runs[::2]
    return " ".join(str(x) for x in runs)


def _planes_encoded(case: Case) -> Callable[[], object]:
    planes = case.planes
    return lambda: [encode_plane(plane) for plane in planes]


def _planes_to_runs(case: Case) -> Callable[[], object]:
    planes = case.planes
    return lambda: [rle.to_text(rle.runs_of(plane)) for plane in planes]


def _rois_to_runs(case: Case) -> Callable[[], object]:
    rois = []
    for region in case.regions():
        (height, width), top, left = region.values.shape, region.top, region.left
        plane = case.planes[region.class_id, top : top + height, left : left + width]
        rois.append((plane.view(np.uint8).copy(), top, left))
    return lambda: [
        rle.to_text(rle.runs_of_roi(plane, top=top, left=left, width=SIDE))
        for plane, top, left in rois
    ]


def _same_texts(_: Case, baseline: object, ours: object) -> None:
    require(baseline == ours, "the RLE texts differ")


def masks_of_json(case: Case) -> NDArray[np.uint8]:
    """The organisers' way: one plane after another, joined to (2048, 2048, 29)."""
    with case.annotation_path.open(encoding="utf-8") as file:
        found = json.load(file)["annotations"]
    label = np.zeros((SIDE, SIDE, bones.COUNT), np.uint8)
    for annotation in found:
        plane = np.zeros((SIDE, SIDE), np.uint8)
        cv2.fillPoly(plane, [np.array(annotation["points"])], 1)
        label[..., bones.CLASS_ID[annotation["label"]]] = plane
    return label


def _rasterised(case: Case) -> Callable[[], object]:
    path = case.annotation_path
    return lambda: bitfield.rasterise(annotations.load(path, height=SIDE, width=SIDE), (SIDE, SIDE))


def _same_masks(_: Case, baseline: object, ours: object) -> None:
    label, field = np.asarray(baseline), np.asarray(ours)
    for class_id in range(bones.COUNT):
        equal = np.array_equal(label[..., class_id], bitfield.plane(field, class_id))
        require(equal, f"masks of {bones.NAMES[class_id]} differ")


def _dice_of_planes(case: Case) -> Callable[[], object]:
    true = torch.from_numpy(case.planes).float()[None]
    predicted = torch.roll(true, (3, -2), dims=(2, 3))

    def score() -> NDArray[np.float64]:
        """The organisers' dice_coef."""
        first, second = true.flatten(2), predicted.flatten(2)
        overlap = torch.sum(first * second, -1)
        eps = 0.0001
        found = (2.0 * overlap + eps) / (torch.sum(first, -1) + torch.sum(second, -1) + eps)
        return found[0].double().numpy()

    return score


def _dice_of_runs(case: Case) -> Callable[[], object]:
    true = case.truth_runs
    moved = np.roll(case.planes, (3, -2), axis=(1, 2))
    predicted = [rle.runs_of(np.ascontiguousarray(plane)) for plane in moved]
    return lambda: [dice.dice(a, b) for a, b in zip(predicted, true, strict=True)]


def _same_scores(_: Case, baseline: object, ours: object) -> None:
    # The organisers sum in float32; both ratios are rounded far below this.
    difference = float(np.abs(np.asarray(baseline) - np.asarray(ours)).max())
    require(difference < 1e-5, f"Dice differs by {difference:.1e}")


ROWS = (
    Row(
        name="rle_full",
        about="RLE of 29 whole planes",
        goal=10,
        baseline=_planes_encoded,
        ours=_planes_to_runs,
        same=_same_texts,
        calls=(rle.to_text, rle.runs_of),
    ),
    Row(
        name="rle_roi",
        about="RLE of 29 classes, each in a box that is known",
        goal=60,
        baseline=_planes_encoded,
        ours=_rois_to_runs,
        same=_same_texts,
        calls=(rle.to_text, rle.runs_of_roi),
    ),
    Row(
        name="masks",
        about="29 masks from JSON",
        goal=35,
        baseline=lambda case: lambda: masks_of_json(case),
        ours=_rasterised,
        same=_same_masks,
        calls=(annotations.load, bitfield.rasterise),
    ),
    Row(
        name="dice",
        about="Dice of 29 classes",
        goal=200,
        baseline=_dice_of_planes,
        ours=_dice_of_runs,
        same=_same_scores,
        calls=(dice.dice,),
    ),
)
