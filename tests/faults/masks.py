"""Masks and their CSV, made and read without any code of handseg's."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from handseg import bones
from tests.faults.command import handseg

Mask = NDArray[np.bool_]


def drawn(shape: tuple[int, int], *polygons: Sequence[Sequence[float]]) -> Mask:
    """The union of polygons, each drawn by OpenCV alone: bool (H, W)."""
    mask = np.zeros(shape, np.uint8)
    for points in polygons:
        cv2.fillPoly(mask, [np.array(points, np.int32)], (1,))
    return mask.astype(bool)


def truth(path: Path, shape: tuple[int, int]) -> list[Mask]:
    """The masks of an annotation, a bone's only polygon each, in official order."""
    document = json.loads(path.read_text(encoding="utf-8"))
    points = {entry["label"]: entry["points"] for entry in document["annotations"]}
    return [drawn(shape, points[bone]) for bone in bones.NAMES]


def encode(mask: Mask) -> str:
    """Runs of a mask row by row, counted from 1."""
    padded = np.concatenate([[0], mask.ravel().astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(padded)).reshape(-1, 2)
    return " ".join(f"{start + 1} {end - start}" for start, end in edges)


def decode(text: str, shape: tuple[int, int]) -> Mask:
    """The mask of runs: bool (H, W)."""
    flat = np.zeros(shape[0] * shape[1], bool)
    numbers = [int(word) for word in text.split()]
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        flat[start - 1 : start - 1 + length] = True
    return flat.reshape(shape)


def write(path: Path, masks: Mapping[str, Sequence[Mask]]) -> Path:
    """Write a submission: 29 masks of each image."""
    rows = [
        f"{name},{bone},{encode(mask)}\n"
        for name, found in masks.items()
        for bone, mask in zip(bones.NAMES, found, strict=True)
    ]
    path.write_text("".join(["image_name,class,rle\n", *rows]), encoding="ascii")
    return path


def read(path: Path) -> list[tuple[str, str, str]]:
    """The rows of a submission: image name, bone and runs."""
    header, *rows = path.read_text(encoding="ascii").splitlines()
    assert header == "image_name,class,rle"
    fields = [row.split(",") for row in rows]
    return [(name, bone, runs) for name, bone, runs in fields]


def score(data: Path, submission: Path) -> dict[str, Any]:
    """What `handseg score` says."""
    words = ("score", "--truth", data, "--submission", submission, "--json")
    said = handseg(*words).must(0).said
    found: dict[str, Any] = json.loads(said[said.index("{") :])
    return found
