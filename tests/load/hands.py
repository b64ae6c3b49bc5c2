"""Data sets of many hands, made soon: a few dozen are drawn, the others are moved copies of them.

Every image differs in its pixels from every other, since `check` and `preprocess` refuse the same
ones under two people; polygons are moved as the pixels are.
"""

import json
import multiprocessing
import os
import shutil
import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from handseg.dataset.phantom import writer
from handseg.images import reading
from tests.load.amount import Amount

_DRAWN_PEOPLE = 16
_SEED = 9
_RECORD = "load.json"
_PARTS = ("DCM", "outputs_json")
_FIRST_NAME = 1661130000000
_GAINS, _ACROSS, _UP = 10, 9, 9
_GAIN_STEP, _STEPS_OF_SIDE = 0.03, 128


@dataclass(frozen=True)
class Moved:
    """How one drawn hand becomes another: brightness, mirror, and whole pixels to move by."""

    gain: float
    is_flipped: bool
    right_px: int
    up_px: int

    @classmethod
    def number(cls, number: int, size_px: int) -> "Moved":
        """The number-th way; all are different."""
        number, gain = divmod(number, _GAINS)
        number, flip = divmod(number, 2)
        number, across = divmod(number, _ACROSS)
        up = number % _UP
        if number >= _UP:
            raise ValueError(f"no more than {_GAINS * 2 * _ACROSS * _UP} ways to move a hand")
        step = max(1, size_px // _STEPS_OF_SIDE)
        return cls(1 - gain * _GAIN_STEP, bool(flip), (across - _ACROSS // 2) * step, up * step)

    def image(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The moved uint8 (H, W)."""
        levels = np.rint(np.arange(256) * self.gain).astype(np.uint8)
        moved = levels[pixels[:, ::-1] if self.is_flipped else pixels]
        turn = np.array([[1, 0, self.right_px], [0, 1, -self.up_px]], np.float32)
        height, width = pixels.shape
        shifted = cv2.warpAffine(moved, turn, (width, height), flags=cv2.INTER_NEAREST)
        return np.asarray(shifted, np.uint8)

    def points(self, points: Sequence[Sequence[int]], side: int) -> list[list[int]]:
        """Points (x, y) moved alike; what leaves the image stops at its edge."""
        found = np.array(points)
        if self.is_flipped:
            found[:, 0] = side - 1 - found[:, 0]
        found += (self.right_px, -self.up_px)
        inside: list[list[int]] = found.clip(0, side - 1).tolist()
        return inside


def make(root: Path, amount: Amount) -> None:
    """Make a data set, unless it is there already."""
    record = json.dumps(asdict(amount)) + "\n"
    beside = root / _RECORD
    if beside.is_file() and beside.read_text(encoding="utf-8") == record:
        return
    shutil.rmtree(root, ignore_errors=True)
    drawn = root / "drawn"
    writer.write_dataset(drawn, people=_DRAWN_PEOPLE, size=amount.size_px, seed=_SEED)
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        people = range(amount.people + amount.test_people)
        for _ in pool.map(partial(_person, root, drawn, amount), people, chunksize=8):
            pass
    shutil.rmtree(drawn)
    beside.write_text(record, encoding="utf-8")


def take_quarter(root: Path, out: Path, amount: Amount) -> None:
    """Link the first quarter of the people of a data set into another folder."""
    for part, count in (("train", amount.quarter.people), ("test", amount.quarter.test_people)):
        for kind in _PARTS if part == "train" else _PARTS[:1]:
            for person in sorted((root / part / kind).iterdir())[:count]:
                shutil.copytree(person, out / part / kind / person.name, copy_function=os.link)


def _person(root: Path, drawn: Path, amount: Amount, number: int) -> None:
    cv2.setNumThreads(1)  # people are made in parallel already
    part = "train" if number < amount.people else "test"
    hands = sorted((drawn / "train" / "DCM").rglob("*.png"))
    for hand in range(2):
        turn, index = divmod(2 * number + hand, len(hands))
        moved, source = Moved.number(turn, amount.size_px), hands[index]
        person, name = f"ID{number + 1:05d}", f"image{_FIRST_NAME + 2 * number + hand}"
        image = root / part / "DCM" / person / f"{name}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        image.write_bytes(rgb_png(moved.image(reading.read_grey(source))))
        if part == "train":
            _annotate(drawn, source, root / part / "outputs_json" / person / f"{name}.json", moved)


def _annotate(drawn: Path, source: Path, out: Path, moved: Moved) -> None:
    of_source = drawn / "train" / "outputs_json" / source.parent.name / f"{source.stem}.json"
    document: dict[str, Any] = json.loads(of_source.read_text(encoding="utf-8"))
    side, _ = reading.png_size(source)
    for entry in document["annotations"]:
        entry["points"] = moved.points(entry["points"], side)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document), encoding="utf-8")


def rgb_png(image: NDArray[np.uint8]) -> bytes:
    """A PNG of three equal channels of a uint8 (H, W), six times as fast as OpenCV writes it."""
    height, width = image.shape
    rows = np.repeat(image, 3, axis=1)
    filtered = np.empty((height, 1 + 3 * width), np.uint8)
    filtered[:, 0] = 1  # Sub: each byte less that of the pixel before
    filtered[:, 1:4] = rows[:, :3]
    np.subtract(rows[:, 3:], rows[:, :-3], out=filtered[:, 4:])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", isal_zlib.compress(filtered, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4, "big") + kind + content
        + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in chunks
    )  # fmt: skip
