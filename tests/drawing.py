"""Tiny data sets in the competition's layout, drawn from a seed."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handseg import bones
from handseg.masks.polygons import Points, Polygons

COLUMNS, ROWS = 6, 5
POINTS = 8


def write_tiny_dataset(
    root: Path, *, people: int, test_people: int = 0, size: tuple[int, int] = (64, 64), seed: int
) -> None:
    """Write two images of each person, 29 octagons on a grid each; test images have no truth.

    Args:
        root: the data folder to make.
        people: of the train part, ID001 on.
        test_people: of the test part, with the ids that follow.
        size: (height, width) of every image, in pixels; 24 or more each.
        seed: of everything drawn.
    """
    generator = np.random.default_rng(seed)
    for number in range(people + test_people):
        for hand in range(2):
            polygons = draw_polygons(size, generator)
            image = draw_image(polygons, size, generator)
            # Few names tell the side, as in the real data.
            side = ("_R", "_L")[hand] if number % 3 == 0 else ""
            name = f"image{1661130000000 + 1000 * number + 10 * hand}{side}"
            part, person = "train" if number < people else "test", f"ID{number + 1:03d}"
            write_image(root / part / "DCM" / person / f"{name}.png", image)
            if part == "train":
                write_annotation(root / part / "outputs_json" / person / f"{name}.json", polygons)


def draw_polygons(size: tuple[int, int], generator: Generator) -> Polygons:
    """29 simple octagons inside an image; neighbours may overlap."""
    height, width = size
    cell = np.array([width / COLUMNS, height / ROWS])
    angles = np.arange(POINTS) * 2 * np.pi / POINTS
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    polygons: Polygons = {}
    for class_id in range(bones.COUNT):
        centre = (np.array([class_id % COLUMNS, class_id // COLUMNS]) + 0.5) * cell
        centre += generator.uniform(-0.1, 0.1, 2) * cell
        points = centre + circle * cell * generator.uniform(0.4, 0.5, (POINTS, 1))
        polygons[class_id] = [np.clip(points, 0, [width - 1, height - 1]).astype(np.int32)]
    return polygons


def draw_image(
    polygons: Polygons, size: tuple[int, int], generator: Generator
) -> NDArray[np.uint8]:
    """Noise with brighter bones, uint8 (H, W)."""
    image = generator.integers(0, 40, size, dtype=np.uint8)
    for shapes in polygons.values():
        for points in shapes:
            bone = np.zeros(size, np.uint8)
            cv2.fillPoly(bone, [points], color=(80,))
            image += bone
    return image


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a grey image as a PNG of three equal channels, as the competition has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image
    path.write_bytes(cv2.imencode(".png", channels)[1].tobytes())


def write_annotation(path: Path, polygons: Polygons) -> None:
    """Write polygons as the competition's JSON, its wrong size and .jpg included."""
    entries = [
        entry(bones.NAMES[class_id], points)
        for class_id, shapes in polygons.items()
        for points in shapes
    ]
    document = {
        "annotations": entries,
        "attributes": {},
        "file_id": path.stem,
        "filename": f"{path.stem}.jpg",
        "parent_path": f"/{path.parent.name}",
        "last_modifier_id": "annotator",
        "metadata": {"height": 3060, "width": 3060},
        "last_workers": "annotator",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


def entry(label: str, points: Points | Sequence[Sequence[float]]) -> dict[str, object]:
    """One entry of an annotation."""
    listed = points.tolist() if isinstance(points, np.ndarray) else points
    return {"id": label, "type": "poly_seg", "attributes": {}, "points": listed, "label": label}
