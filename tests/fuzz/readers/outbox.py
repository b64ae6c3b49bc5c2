"""A training's outbox: what its tracker has not taken yet."""

import base64
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from handseg.tracking import outbox
from handseg.tracking.outbox import Outbox
from handseg.tracking.tensorboard import TensorBoard
from handseg.tracking.tracker import About, Entry
from tests.fuzz.changes import trees
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_NAME = "book.json"
_PNG = cv2.imencode(".png", np.zeros((2, 3, 3), np.uint8))[1].tobytes()
_PICTURED = Entry(
    step=2, time_s=2.5, values={"dice": 0.5}, pictures={"a.png": base64.b64encode(_PNG).decode()}
)


def corpus() -> list[bytes]:
    """One with nothing to tell, and one with a picture."""
    told = [Entry(step=1, time_s=1.5, values={"loss": 1.0, "rate": 1e-3}), _PICTURED]
    boxes = (Outbox(training="a" * 32), Outbox(training="b" * 32, entries=told))
    return [json.dumps(asdict(one)).encode() for one in boxes]


def read(content: bytes, folder: Path) -> None:
    """Read it: what is taken can be kept again, and a tracker takes it or fails as it may."""
    path = folder / _NAME
    path.write_bytes(content)
    found = outbox.read(path)
    must(len(found.training) == 32 and found.training.isalnum(), "an id that is none")
    must(outbox.save(path, found), "it cannot be kept")
    must(outbox.read(path).training == found.training, "kept, it differs")
    tracker = TensorBoard(folder / "events")
    with suppress(*tracker.failures):
        tracker.open(About(member="m", settings={}, tags={}, training=found.training), 0)
        tracker.take(found.entries)
        tracker.close("stopped")


TARGET = Target(corpus=corpus, read=read, change=trees.change, names=_NAME)
