"""A search for settings of a user's own: YAML, and the ranges that it becomes."""

import math
from pathlib import Path

from handseg.experiments import search
from handseg.experiments.search import Span
from tests.fuzz.changes import text, trees
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.readers.preset import WORDS
from tests.fuzz.target import Target

_NAME = "mine.yaml"
_WORDS = (
    *WORDS,
    *(b"search: ", b"low: ", b"high: ", b"step: ", b"log: true", b"choices: [a, 1]", b"trials: "),
    *(b"train.loss: {choices: [bce]}", b"prune: ", b"seed: 3"),
)
_SEARCH = b"""\
split: {folds: 2}
fold: 0
seed: 1
trials: 3
train: {length: 3}
search:
  train.learning_rate: {low: 1e-4, high: 1e-2, log: true}
  train.batch_size: {low: 1, high: 4, step: 1}
  train.loss: {choices: [bce, bce_dice]}
"""


def corpus() -> list[bytes]:
    """One range, and all that there is."""
    return [b'{"search": {"train.ema": {"low": 0.5, "high": 0.9}}}', _SEARCH]


def read(content: bytes, folder: Path) -> None:
    """Load it: ranges have ends, in order."""
    path = folder / _NAME
    path.write_bytes(content)
    found = search.load(str(path))
    must(bool(found.ranges), "a search for nothing")
    for span in found.ranges.values():
        if isinstance(span, Span):
            ends = (span.low, span.high)
            must(all(map(math.isfinite, ends)) and span.low < span.high, "ends that are none")
    found.to_record()


def change(content: bytes, dice: Dice) -> bytes:
    """Change it as text or, where it is JSON as well, as a tree."""
    if dice.falls(0.3):
        return trees.change(content, dice)
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=_NAME, most_bytes=2048)
