"""One person's files in the competition's layout, its oddities included."""

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from handseg import bones
from handseg.dataset.phantom import radiograph
from handseg.dataset.phantom.hand import Hand, hands_of
from handseg.dataset.phantom.traits import Part, generator

ANNOTATED_SIDE = 3060
"""The height and width every annotation file claims, whatever the image's size: they are wrong."""
SIDED_SHARE = 0.12
"""Share of images whose name ends in _R or _L."""
JPG_SHARE = 0.3
"""Share of annotation files that call the PNG a .jpg."""

# Names are moments in milliseconds; each person has a span of their own, so no two are alike.
_FIRST_MS: dict[Part, int] = {"train": 1661130000000, "test": 1662000000000}
_PERSON_MS, _HAND_MS = 97_000, 40_000
_COMPRESSION = [cv2.IMWRITE_PNG_COMPRESSION, 2]


def write_person(root: Path, folder: str, *, part: Part, person: int, seed: int, size: int) -> None:
    """Write both hands of a person: images and annotations.

    Args:
        root: of the data set.
        folder: the person's name, such as ID001.
        part: the data set's part.
        person: 0-based number in the part; with part and seed it decides everything drawn.
        seed: of the data set.
        size: side of the images, in pixels.
    """
    images = root / part / "DCM" / folder
    annotations = root / part / "outputs_json" / folder
    images.mkdir(parents=True)
    annotations.mkdir(parents=True)
    cv2.setNumThreads(1)  # people are drawn in parallel already
    for side, hand in enumerate(hands_of(seed, part, person, size)):
        rng = generator(seed, part, person, 1 + side)
        pixels = radiograph.render(hand, rng)
        moment = _FIRST_MS[part] + person * _PERSON_MS + side * (_HAND_MS + 5_000)
        name = f"image{moment + int(rng.integers(_HAND_MS))}"
        if rng.random() < SIDED_SHARE:
            name += "_L" if hand.pose.is_left else "_R"
        cv2.imwrite(str(images / f"{name}.png"), cv2.merge([pixels] * 3), _COMPRESSION)
        text = json.dumps(_annotation(hand, name, folder, rng))
        (annotations / f"{name}.json").write_text(text, encoding="utf-8")


def _annotation(hand: Hand, name: str, folder: str, rng: Generator) -> dict[str, object]:
    suffix = ".jpg" if rng.random() < JPG_SHARE else ".png"
    worker = _identifier(rng, 24)
    return {
        "annotations": [
            {
                "id": _identifier(rng, 32),
                "type": "poly_seg",
                "attributes": {},
                "points": points.tolist(),
                "label": bones.NAMES[class_id],
            }
            for class_id, points in hand.polygons().items()
        ],
        "attributes": {},
        "file_id": _identifier(rng, 24),
        "filename": name + suffix,
        "parent_path": f"/{folder}",
        "last_modifier_id": worker,
        "metadata": {"height": ANNOTATED_SIDE, "width": ANNOTATED_SIDE},
        "last_workers": [worker],
    }


def _identifier(rng: Generator, digits: int) -> str:
    return "".join(np.array(list("0123456789abcdef"))[rng.integers(0, 16, digits)])
