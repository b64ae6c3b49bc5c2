"""`handseg score`: Dice of a submission against the truth, per bone and in the mean."""

import re
from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from handseg import bones, progress
from handseg.dataset import annotations, layout
from handseg.ensemble import submission as submissions
from handseg.errors import BadInput, MissingInput
from handseg.images.reading import png_size
from handseg.masks import bitfield, dice, rle
from handseg.storage import raw
from handseg.storage.location import Location

DEFAULT_SIZE = "2048x2048"
_SIZE = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})")


def score(
    *, truth: Location, submission: Location, size: str = DEFAULT_SIZE, json: bool = False
) -> int:
    """Score a CSV from its runs: Dice per bone and in the mean, over exactly the CSV's images.

    Dice of an image and bone is (2 I + 1e-4) / (|A| + |B| + 1e-4); the mean is taken over
    images first, then over bones.

    Args:
        truth: Data folder, or a folder of the annotations' JSON files alone.
        submission: CSV: image_name,class,rle.
        size: HEIGHTxWIDTH of the images in pixels, for a folder of JSON files alone; a data
            folder's images say it themselves.
        json: Print JSON instead of a table.

    Returns:
        0.

    Raises:
        MissingInput: an image of the CSV has no truth.
        BadInput: the CSV is malformed or empty, or `size` is no size or not wanted.
    """
    names, scores = dice_of(raw.reading_raw(submission), raw.reading_raw(truth), size)
    (_print_json if json else _print_table)(scores, names)
    return 0


def dice_of(
    path: Path, root: Path, size: str = DEFAULT_SIZE
) -> tuple[list[str], NDArray[np.float64]]:
    """Dice of every image and bone of a CSV.

    Args:
        path: the CSV.
        root: data folder, or a folder of the annotations' JSON files alone.
        size: see `score`.

    Returns:
        Image names in the CSV's order, and (images, 29).

    Raises:
        MissingInput: an image of the CSV has no truth.
        BadInput: the CSV is malformed or empty, or `size` is no size or not wanted.
    """
    texts = submissions.read(path)
    if not texts:
        raise BadInput(f"{path}: holds no image; give a CSV with predictions")
    files = truth_of(root, list(texts))
    shapes = _shapes(root, list(texts), size)
    scores = [
        _dice(path, name, texts[name], files[name], shapes[name])
        for name in progress.track(texts, description="scoring", total=len(texts))
    ]
    return list(texts), np.array(scores)


def truth_of(root: Path, names: Sequence[str]) -> dict[str, Path]:
    """The annotation files below a folder, by image name.

    Raises:
        MissingInput: one of these images has none.
    """
    files = annotations.truth_files(root)
    missing = [name for name in names if name not in files]
    if missing:
        raise MissingInput(
            f"{root}: no truth for {len(missing)} of {len(names)} images of the CSV, such as "
            f"{missing[0]}; give the folder that holds {Path(missing[0]).stem}.json"
        )
    return files


def _shapes(root: Path, names: Sequence[str], size: str) -> dict[str, tuple[int, int]]:
    """(height, width) of each image: from its PNG in a data folder, else `size`."""
    folders = [root / part / layout.IMAGES for part in get_args(layout.Part)]
    images = {path.name: path for folder in folders for path in folder.glob("*/*.png")}
    if not images:
        found = _SIZE.fullmatch(size)
        if found is None:
            raise BadInput(f"size: {size!r} is not HEIGHTxWIDTH in pixels, such as {DEFAULT_SIZE}")
        return dict.fromkeys(names, (int(found[1]), int(found[2])))
    if size != DEFAULT_SIZE:
        raise BadInput(f"size: {size} given, but the images in {root} say it; leave --size out")
    return {name: png_size(images.get(name, folders[0] / name)) for name in names}


def _dice(
    path: Path, name: str, texts: Sequence[str], truth: Path, shape: tuple[int, int]
) -> list[float]:
    """Dice of each class of one image."""
    height, width = shape
    true = bitfield.class_runs(annotations.load(truth, height=height, width=width), shape)
    scores = []
    for bone, text, runs in zip(bones.NAMES, texts, true, strict=True):
        try:
            predicted = rle.parse(text, height * width)
        except BadInput as error:
            raise BadInput(f"{path}: {name} {bone}: {error}") from error
        scores.append(dice.dice(predicted, runs))
    return scores


def _means(scores: NDArray[np.float64]) -> tuple[Mapping[str, float], float]:
    """The mean over images by bone, and the mean of those."""
    per_bone = scores.mean(axis=0)
    return dict(zip(bones.NAMES, per_bone.tolist(), strict=True)), float(per_bone.mean())


def _print_json(scores: NDArray[np.float64], names: Sequence[str]) -> None:
    per_bone, mean = _means(scores)
    print(dumps({"mean_dice": mean, "per_bone": per_bone, "images": len(names)}, indent=1))


def _print_table(scores: NDArray[np.float64], names: Sequence[str]) -> None:
    per_bone, mean = _means(scores)
    table = Table(title=f"Dice over {len(names)} images", show_footer=True)
    table.add_column("bone", footer="mean")
    table.add_column("Dice", footer=f"{mean:.4f}", justify="right")
    table.add_column("lowest", footer=f"{scores.min():.4f}", justify="right")
    table.add_column("in image")
    for (bone, value), column in zip(per_bone.items(), scores.T, strict=True):
        worst = int(column.argmin())
        table.add_row(bone, f"{value:.4f}", f"{column[worst]:.4f}", names[worst])
    Console().print(table)
