"""Other bones than the hand's: a YAML file of their names."""

from pathlib import Path

from handseg import bone_list
from tests.fuzz.changes import text, trees
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.readers.preset import WORDS
from tests.fuzz.target import Target

_WHERE = "foot.yaml"
_FOOT = b"""\
names: [Talus, Calcaneus, Navicular]
short: [Ta, Ca, Na]
groups: {hindfoot: [Talus, Calcaneus]}
overlapping: [[Talus, Calcaneus]]
"""


def corpus() -> list[bytes]:
    """Names alone, and all that there is."""
    return [b'{"names": ["A", "B"], "groups": {"x": ["B"]}}', _FOOT]


def read(content: bytes, folder: Path) -> None:
    """Parse it: names are safe, and all others are of these."""
    found = bone_list.parse(content.decode("utf-8", "replace"), where=_WHERE)
    ids = set(range(len(found.names)))
    must(1 <= len(ids) <= bone_list.MOST, "too many bones, or none")
    must(len(found.short) == len(ids), "not a short name for each")
    must(all(text.isprintable() for text in (*found.names, *found.short)), "unprintable names")
    must(all(ids.issuperset(group) for group in found.groups.values()), "a bone that is none")
    must(all(ids.issuperset(pair) for pair in found.overlapping), "a bone that is none")


def change(content: bytes, dice: Dice) -> bytes:
    """Change it as text or, where it is JSON as well, as a tree."""
    if dice.falls(0.3):
        return trees.change(content, dice)
    return text.change(content, dice, WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names=_WHERE, most_bytes=1024)
