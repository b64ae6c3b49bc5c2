"""The entries of one annotation file: from bytes that may be anything to checked polygons."""

import json
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handseg import bone_list, bones
from handseg.errors import MissingInput, shown
from handseg.masks.polygons import Points

MAX_BYTES = 16_000_000
"""Fifty times what 29 carefully drawn bones take."""
OUTSIDE_FRACTION = 0.01
"""How far outside a point may lie, of the image's side: 20 px at 2048, a slip of the hand."""
OUTSIDE_PX = 1.0
"""How far outside it may lie in an image of any size: counting from 1 instead of 0."""
MAX_POLYGONS = 1000
"""Of one image: thirty for each bone. Millions of them would be as many faults."""
MAX_POINTS = 10_000
"""Of one polygon; three times the outline of the largest bone, pixel by pixel."""
_POLYGON = "poly_seg"
_REDRAW = "draw the bone again"
_BOM = b"\xef\xbb\xbf"


class Unusable(Exception):  # noqa: N818 - says what it is
    """Fault, value and remedy of what cannot be used."""


def read(path: Path) -> list[Any]:
    """Read the list `annotations`, not empty, of anything at all.

    Raises:
        MissingInput: there is no such file.
        Unusable: it is too large, no JSON, or without such a list.
    """
    if not path.is_file():
        raise MissingInput(f"{path}: not found; add the annotation")
    size = path.stat().st_size
    if size > MAX_BYTES:
        remedy = f"give the annotation of one image, at most {MAX_BYTES} bytes"
        raise Unusable("too large", f"{size} bytes", remedy)
    content = path.read_bytes()
    if content.startswith(_BOM):
        raise Unusable("begins with a byte-order mark", "EF BB BF", "save it as plain UTF-8")
    try:
        document = json.loads(content.decode("utf-8"))
    except RecursionError:
        raise Unusable("nested too deeply", "", "export the annotation again") from None
    except ValueError as error:  # JSON, UTF-8, and integers of thousands of digits
        value = shown(str(error))
        raise Unusable("no JSON", value, "export the annotation again") from None
    entries = document.get("annotations") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        value = f"got {type(entries).__name__}"
        raise Unusable("no list 'annotations'", value, "export the annotation again")
    if not entries:
        raise Unusable("empty list 'annotations'", "[]", "annotate the image, or remove both")
    if len(entries) > MAX_POLYGONS:
        fault, remedy = f"more than {MAX_POLYGONS} polygons", "give the annotation of one image"
        raise Unusable(fault, str(len(entries)), remedy)
    return entries


def class_id(entry: object) -> int:
    """The bone of an entry that has points.

    Raises:
        Unusable: it has no label or no points, is no polygon, or of an unknown bone.
    """
    if not isinstance(entry, dict) or "points" not in entry or "label" not in entry:
        raise Unusable("no entry with 'label' and 'points'", shown(entry), _REDRAW)
    kind, label = entry.get("type", _POLYGON), entry["label"]
    if kind != _POLYGON:
        raise Unusable("no polygon", f"type {shown(kind)}", f"draw it as {_POLYGON}")
    if isinstance(label, str) and label in bones.CLASS_ID:
        return bones.CLASS_ID[label]
    raise Unusable("unknown bone", shown(label), _named(str(label)[:40]))


def _named(label: str) -> str:
    """What to do about a label: a slip has a name near it, the bone of another list has none."""
    folded = {name.casefold(): name for name in bones.NAMES}
    near = get_close_matches(label.strip().casefold(), folded, n=1)
    return f"name it {folded[near[0]]}" if near else f"name one of the list, or {bone_list.REMEDY}"


def points(values: object, *, height: int, width: int) -> tuple[Points, float]:
    """Check the points of one polygon.

    Args:
        values: as in the file.
        height: of the image, in pixels.
        width: of the image, in pixels.

    Returns:
        int32 (N, 2) in (x, y), inside the image; and how far outside the farthest was, in pixels.

    Raises:
        Unusable: they are no polygon, or too far outside.
    """
    if not isinstance(values, list):
        raise Unusable("no list of points", shown(values), _REDRAW)
    if len(values) < 3:
        raise Unusable("fewer than 3 points", str(len(values)), _REDRAW)
    if len(values) > MAX_POINTS:
        raise Unusable(f"more than {MAX_POINTS} points", str(len(values)), _REDRAW)
    if set(map(type, values)) != {list} or set(map(len, values)) != {2}:
        raise Unusable("points that are not [x, y]", _odd_point(values), _REDRAW)
    if not set(map(type, chain.from_iterable(values))) <= {int, float}:
        raise Unusable("coordinates that are not numbers", _odd_coordinate(values), _REDRAW)
    exact = _to_float(values)
    largest = np.array([width - 1, height - 1], np.float64)
    outside = np.maximum(-exact, exact - largest).max(axis=0)
    if (outside > np.maximum(OUTSIDE_FRACTION * (largest + 1), OUTSIDE_PX)).any():
        value = f"{outside.max():.0f} px outside the {width} x {height} image"
        raise Unusable("points outside the image", value, "give points in this image's pixels")
    inside = np.clip(np.rint(exact), 0, largest).astype(np.int32)
    if _is_flat(inside):
        raise Unusable("fewer than 3 different points", shown(values), _REDRAW)
    return inside, max(0.0, float(outside.max()))


def _is_flat(inside: Points) -> bool:
    """Whether there are fewer than 3 different points."""
    others = inside[(inside != inside[0]).any(axis=1)]
    return not (others != others[:1]).any()


def _to_float(values: list[list[float]]) -> NDArray[np.float64]:
    try:
        exact = np.array(values, np.float64)
    except OverflowError:
        raise Unusable("coordinates too large", shown(values), _REDRAW) from None
    if not np.isfinite(exact).all():
        row = int(np.flatnonzero(~np.isfinite(exact).all(axis=1))[0])
        raise Unusable("NaN or infinite coordinates", f"point {row}: {values[row]}", _REDRAW)
    return exact


def _odd_point(values: list[Any]) -> str:
    return next(
        f"point {i}: {shown(point)}"
        for i, point in enumerate(values)
        if type(point) is not list or len(point) != 2
    )


def _odd_coordinate(values: list[list[Any]]) -> str:
    return next(
        f"point {i}: {shown(point)}"
        for i, point in enumerate(values)
        if any(type(value) not in (int, float) for value in point)
    )
