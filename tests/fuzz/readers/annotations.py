"""The competition's JSON: polygons of one image."""

import json
from pathlib import Path
from random import Random

import numpy as np

from handseg import bones
from handseg.dataset import annotations
from handseg.dataset.crossings import crossings
from handseg.errors import BadInput
from handseg.masks.polygons import Polygons
from tests.drawing import entry
from tests.fuzz.changes import trees
from tests.fuzz.oracle import check_fault, must
from tests.fuzz.target import Target

_HEIGHT, _WIDTH = 48, 64
_NAME = "image1.json"


def corpus() -> list[bytes]:
    """All bones: as triangles, one of them in parts, and with all that is tolerated."""
    chance = Random(0)

    def outline(points: int) -> list[list[float]]:
        return [[chance.randrange(_WIDTH), chance.randrange(_HEIGHT)] for _ in range(points)]

    plain = [entry(name, outline(3)) for name in bones.NAMES]
    corner = [entry("Ulna", [[0, 0], [9.0, 0], [9, 7.5], [-1, 12]])]
    bare = [{"label": one["label"], "points": one["points"]} for one in plain]
    notes = {"filename": "image1.jpg", "metadata": {"height": 3060, "width": 3060}}
    return [
        json.dumps({"annotations": plain, **notes}).encode(),
        json.dumps({"annotations": [*plain, entry("Radius", outline(12))]}).encode(),
        json.dumps({"annotations": [*plain[:-1], *corner], "metadata": None}).encode(),
        json.dumps({"annotations": bare}, separators=(",", ":")).encode(),
    ]


def read(content: bytes, folder: Path) -> None:
    """Examine the file, and load it: the one lists faults exactly where the other refuses."""
    path = folder / _NAME
    path.write_bytes(content)
    found = annotations.examine(path, height=_HEIGHT, width=_WIDTH)
    faults = [*found.faults, *annotations.missing(path, found)]
    for fault in (*faults, *found.remarks):
        check_fault(fault)
    _check_polygons(found.polygons)
    try:
        loaded = annotations.load(path, height=_HEIGHT, width=_WIDTH)
    except BadInput:
        must(bool(faults), "refused without a fault")
        raise
    must(not faults, "taken with a fault")
    must(list(loaded) == list(range(bones.COUNT)), "a bone left out")
    must(_plain(loaded) == _plain(found.polygons), "examined and loaded differ")


def _plain(polygons: Polygons) -> list[list[list[list[int]]]]:
    return [[points.tolist() for points in shapes] for shapes in polygons.values()]


def _check_polygons(polygons: Polygons) -> None:
    must(list(polygons) == sorted(polygons), "bones out of order")
    must(all(0 <= class_id < bones.COUNT for class_id in polygons), "an unknown bone")
    outlines = [points for shapes in polygons.values() for points in shapes]
    for points in outlines:
        must(points.dtype == np.int32 and points.ndim == 2, "points that are no int32 (N, 2)")
        must(len(set(map(tuple, points.tolist()))) >= 3, "fewer than 3 different points")
    if outlines:
        together = np.concatenate(outlines)
        inside = (together >= 0) & (together < (_WIDTH, _HEIGHT))
        must(bool(inside.all()), "a point outside")
        longest = max(outlines, key=len)
        must(bool(np.isfinite(crossings(longest)).all()), "a crossing that is nowhere")


TARGET = Target(corpus=corpus, read=read, change=trees.change, names=_NAME, most_bytes=8192)
