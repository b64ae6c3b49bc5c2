"""A preset of a user's own: YAML, and the settings that it becomes."""

from pathlib import Path

from handseg.presets import catalogue
from tests.fuzz.changes import text, trees
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_NAME = "mine.yaml"
WORDS = (
    *(
        b"&a ",
        b"*a",
        b"*b",
        b"<<: *a",
        b"!!python/name:os.system ",
        b"!!int ",
        b"!!float x",
        b"!!set ",
    ),
    *(
        b"!!binary ",
        b"!!timestamp x",
        b"2001-99-99",
        b"0b_",
        b"0x_",
        b"1:99",
        b".inf",
        b"? ",
        b"[[1]: 2]",
    ),
    *(b"---\n", b"...", b"%YAML 9.9\n", b"|\n", b">-\n", b"!!omap ", b"~", b"3e-4", b"1e400"),
    *(b"train: ", b"members: ", b"split: ", b"folds: ", b"fold: ", b"name: ", b"weight: ", b"\n  "),
    b"a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b]\n",
    b"&a [*a]",
)
_BLOCK = b"""\
split: {folds: 3}
preprocess:
  sharpness: 2.0
train: &all
  model: {name: unet, input_px: 64, output_px: 64}
  learning_rate: 3e-4
members:
  - {name: a, fold: 0, weight: 1}
  - {name: b, fold: 1, weight: 2.5, train: *all}
infer: {cut_level: 8}
ensemble: {threshold: 0.5}
"""


def corpus() -> list[bytes]:
    """Nothing, one section, and all of them, in the styles of YAML and of JSON."""
    as_json = b'{"split": {"folds": 2}, "members": [{"fold": 0}, {"fold": 1, "weight": null}]}'
    return [b"", b"split: {folds: 4}\n", _BLOCK, as_json]


def read(content: bytes, folder: Path) -> None:
    """Load it: members have folds that there are, and a weight each or none."""
    path = folder / _NAME
    path.write_bytes(content)
    preset = catalogue.load(str(path))
    must(preset.split.folds >= 2, "fewer than two folds")
    must(all(0 <= member.fold < preset.split.folds for member in preset.members), "no such fold")
    names = [member.name for member in preset.members]
    must(bool(names) and len(set(names)) == len(names), "members without names of their own")
    weights = preset.weights
    must(weights is None or len(weights) == len(names), "weights of some members")


def change(content: bytes, dice: Dice) -> bytes:
    """Change it as text or, where it is JSON as well, as a tree."""
    if dice.falls(0.3):
        return trees.change(content, dice)
    return text.change(content, dice, WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=_NAME, most_bytes=2048)
