"""One annotation file, written and read."""

import json
from pathlib import Path
from typing import Any

from handseg.dataset import annotations
from handseg.dataset.refusal import refuse
from handseg.masks.polygons import Polygons

SQUARE = [[1, 1], [5, 1], [5, 5], [1, 5]]


def write(folder: Path, *entries: Any, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"annotations": list(entries)}), encoding="utf-8")
    return path


def load(path: Path, *, height: int = 100, width: int = 100) -> Polygons:
    """Read what there is; bones may be missing."""
    found = annotations.examine(path, height=height, width=width)
    refuse(found.faults)
    return found.polygons
