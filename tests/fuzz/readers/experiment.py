"""A table of experiments of a user's own: YAML, and the arms that it becomes."""

from pathlib import Path

from handseg.experiments import table
from tests.fuzz.changes import text, trees
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.readers.preset import WORDS
from tests.fuzz.target import Target

_NAME = "mine.yaml"
_WORDS = (
    *WORDS,
    *(b"arms: ", b"vary: ", b"vote: ", b"weights: ", b"against: ", b"seeds: ", b"reported: "),
    *(b"train.loss: [bce]", b"equal", b"chosen", b"part: test\n", b"{arm: A, fold: 0}"),
)
_TABLE = b"""\
title: loss
split: {folds: 2}
folds: [0, 1]
seeds: [0, 1]
train: {length: 3, model: {name: unet, input_px: 64, output_px: 64}}
arms:
  - {name: A, reported: 0.95}
  - {name: B, against: A, train: {loss: bce}, infer: {cut_level: 9}}
  - name: both
    vote: {members: [{arm: A, fold: 0, seed: 0}, {arm: B, fold: 1, seed: 0}], weights: [1, 2.5]}
vary: {train.learning_rate: [1e-3, 1e-4]}
"""


def corpus() -> list[bytes]:
    """One arm, and a table with all that there is."""
    return [b"arms: [{name: A}]", b'{"arms": [{"name": "A"}, {"name": "B"}]}', _TABLE]


def read(content: bytes, folder: Path) -> None:
    """Load it: arms have names of their own and what they are compared to is there."""
    path = folder / _NAME
    path.write_bytes(content)
    found = table.load(str(path))
    names = [arm.name for arm in found.arms]
    must(bool(names) and len(set(names)) == len(names), "arms without names of their own")
    must(all(arm.against is None or arm.against in names for arm in found.arms), "no such arm")
    must(all(fold < found.folds for arm in found.arms for fold in arm.folds), "no such fold")


def change(content: bytes, dice: Dice) -> bytes:
    """Change it as text or, where it is JSON as well, as a tree."""
    if dice.falls(0.3):
        return trees.change(content, dice)
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=_NAME, most_bytes=2048)
