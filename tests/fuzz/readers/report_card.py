"""What the report takes from a checkpoint's card."""

from pathlib import Path

from handseg.report import card
from tests.fuzz.changes import trees
from tests.fuzz.oracle import must
from tests.fuzz.readers.card import corpus
from tests.fuzz.target import Target

_NAME = "card.json"


def read(content: bytes, folder: Path) -> None:
    """Read it: the history is one of numbers."""
    (folder / _NAME).write_bytes(content)
    found = card.read(folder)
    must(all(type(line.step) is int for line in found.history), "a history that is none")


TARGET = Target(corpus=corpus, read=read, change=trees.change, names=_NAME, most_bytes=8192)
