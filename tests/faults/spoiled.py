"""Artifacts and data spoiled on purpose, and commands that must refuse them."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from handseg.storage import sums
from tests.faults.command import Ended, handseg

Told = Callable[[str], None]


def flip(path: Path, bit: int) -> None:
    """Flip one bit of a file, counted from its first byte."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def resum(artifact: Path) -> None:
    """Write an artifact's SHA-256 anew, as if it had been made the way it is now."""
    if artifact.is_dir():
        sums.write_sums(artifact)
    else:
        digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
        beside = artifact.with_name(f"{artifact.name}.sha256")
        beside.write_text(f"{digest}  {artifact.name}\n", encoding="utf-8")


def images(data: Path, part: str = "train") -> list[Path]:
    """The images of a part, in sorted path order."""
    return sorted((data / part / "DCM").glob("*/*.png"))


def annotation(image: Path) -> Path:
    """The annotation of an image."""
    return image.parents[2] / "outputs_json" / image.parent.name / f"{image.stem}.json"


def entries(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the list of polygons of an annotation in its place."""
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document["annotations"])
    path.write_text(json.dumps(document), encoding="utf-8")


def redraw(path: Path, bone: str, *polygons: Sequence[Sequence[float]]) -> None:
    """Give a bone these polygons instead of its own."""

    def change(found: list[dict[str, Any]]) -> None:
        (old,) = [entry for entry in found if entry["label"] == bone]
        found.remove(old)
        found += [{**old, "points": points} for points in polygons]

    entries(path, change)


def standing(folder: Path) -> set[Path]:
    """Everything below a folder, hidden files included."""
    return set(folder.rglob("*"))


def refused(*words: object, out: Path, says: Sequence[object]) -> Ended:
    """Run a command that must end with code 2 and these words, and must leave nothing behind."""
    before = standing(out.parent)
    ended = handseg(*words, "--out", out).must(2, *says)
    assert standing(out.parent) == before
    return ended


def data_refused(data: Path, folds: Path, *says: object) -> Ended:
    """`check`, `preprocess` and `run` must refuse a data folder in the same words.

    Returns:
        How `check` ended.
    """
    ended = handseg("check", data).must(2, *says)
    out = data.parent / "out"
    refused("preprocess", "--data", data, "--folds", folds, out=out, says=says)
    refused("run", "--data", data, "--preset", "smoke", out=out, says=says)
    return ended


def copy(folder: Path, to: Path) -> Path:
    """Copy a folder or file with what stands beside it, and give the copy."""
    if folder.is_dir():
        return Path(shutil.copytree(folder, to))
    for beside in folder.parent.glob(f"{folder.name}*"):
        shutil.copy(beside, to.with_name(beside.name.replace(folder.name, to.name, 1)))
    return to
