"""A target with planted mistakes, for the tests of fuzzing itself."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from handseg.errors import BadInput
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import MOST_CPU_S, must
from tests.fuzz.target import Target

_WORDS = (b"fine", b"none", b"raise", b"wrong", b"name", b"long", b"much")
_SLOW = (b"kill", b"slow")


def corpus() -> list[bytes]:
    """What is taken."""
    return [b"fine"]


def read(content: bytes, folder: Path) -> None:
    """Do what the content says."""
    if content == b"kill":
        os.kill(os.getpid(), signal.SIGSEGV)
    if content == b"raise":
        raise KeyError("planted")
    if content == b"slow":
        begun = time.process_time()
        while time.process_time() < begun + 1.05 * MOST_CPU_S:
            pass
    if content == b"much":
        np.ones(30_000_000, np.int64)
    if content == b"name":
        raise BadInput("nothing is named")
    if content == b"long":
        raise BadInput("a.txt: " + "x" * 10_000)
    must(content != b"wrong", "taken, and wrong")
    if content != b"fine":
        raise BadInput("a.txt: refused; write fine")


def change(content: bytes, dice: Dice) -> bytes:
    """A word, or bytes; what takes long is rare."""
    if dice.falls(0.3):
        return dice.changed(content, 8)
    return dice.random.choice(_SLOW if dice.falls(0.02) else _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names="a.txt", most_bytes=8)
