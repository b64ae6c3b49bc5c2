"""Wrong labels, planted in a synthetic data set as annotators make them: to be found by a look."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Annotation = dict[str, list[list[int]]]
"""Points by label."""

_MIRRORED = (("finger-1", "finger-3"), ("Trapezium", "Hamate"), ("Radius", "Ulna"))


def _mirror(points: Annotation) -> None:
    for one, other in _MIRRORED:
        points[one], points[other] = points[other], points[one]


def _cover_ulna(points: Annotation) -> None:
    pisiform, ulna = np.array(points["Pisiform"]), np.array(points["Ulna"])
    moved = pisiform - pisiform.mean(axis=0) + ulna.mean(axis=0)
    points["Pisiform"] = np.rint(moved).astype(int).tolist()


def _exchange(points: Annotation) -> None:
    points["Trapezium"], points["Trapezoid"] = points["Trapezoid"], points["Trapezium"]


KINDS: dict[str, Callable[[Annotation], None]] = {
    "mirrored hand": _mirror,
    "Pisiform over Ulna": _cover_ulna,
    "Trapezium and Trapezoid exchanged": _exchange,
}
"""The mistakes that real annotations of hands were found to have."""


def plant(root: Path, count: int, seed: int) -> dict[str, str]:
    """Spoil training annotations, one mistake each, in turn of their kinds.

    Args:
        root: of a data set.
        count: how many; at most the training images there are.
        seed: which ones.

    Returns:
        Image name -> the mistake made in its annotation, sorted by name.
    """
    paths = sorted((root / "train" / "outputs_json").rglob("*.json"))
    chosen = np.random.default_rng([seed, count]).permutation(len(paths))[:count]
    made = {}
    for number, index in enumerate(chosen):
        kind = list(KINDS)[number % len(KINDS)]
        _spoil(paths[index], KINDS[kind])
        made[f"{paths[index].stem}.png"] = kind
    return dict(sorted(made.items()))


def _spoil(path: Path, change: Callable[[Annotation], None]) -> None:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    points = {entry["label"]: entry["points"] for entry in document["annotations"]}
    change(points)
    for entry in document["annotations"]:
        entry["points"] = points[entry["label"]]
    path.write_text(json.dumps(document), encoding="utf-8")
