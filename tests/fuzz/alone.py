"""One target's cases in a process of its own, which a crash ends and no other.

libFuzzer ends the process itself: what happened stands in the folder of the order.
"""

import faulthandler
import json
import logging
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import atheris

from tests.fuzz import case
from tests.fuzz.child import FOUND, JOURNAL, Order
from tests.fuzz.counts import Counts, Journal
from tests.fuzz.dice import Dice
from tests.fuzz.found import Found, signature
from tests.fuzz.memory import Memory
from tests.fuzz.oracle import MOST_CPU_S
from tests.fuzz.target import Target

_HANGS_S = 120
"""Of the wall clock, for what never ends; others may use the machine, so MOST_CPU_S is CPU time."""
_BYTES_ALONE = 0.25
"""Part of the changes that fall anywhere."""
_AFRESH = 0.4
"""Part of the changes that begin with a valid input: most of what libFuzzer keeps is refused."""


class _Cases:
    """Gives inputs to a target, and writes down what became of them."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target, self._folder, self._work = target, folder, folder / "work"
        self._journal, self._counts = Journal(folder / JOURNAL), Counts()
        self._memory = Memory(target.most_memory_mib)
        self._begun = time.monotonic()

    def __call__(self, content: bytes) -> None:
        self._journal.begin(content, self._counts)
        self._memory.begin()
        begun, counts = time.process_time(), self._counts
        try:
            refused = case.refusal(self._target, content, self._work) is not None
            counts = replace(
                counts, refused=counts.refused + refused, taken=counts.taken + (not refused)
            )
        # Not Exception: a library in Rust panics with another.
        except BaseException as error:
            counts = self._fell_out(content, signature(error), traceback.format_exc())
        seconds = time.process_time() - begun
        if seconds > MOST_CPU_S:
            counts = self._fell_out(content, "takes too long", f"{seconds:.1f} s of CPU time")
        mib = self._memory.beyond()
        if mib:
            counts = self._fell_out(content, "takes too much memory", f"{mib} MiB")
        self._counts = replace(counts, seconds=time.monotonic() - self._begun)
        self._journal.end(self._counts)

    def _fell_out(self, content: bytes, what: str, trace: str) -> Counts:
        Found(what, trace, content).keep(self._folder / FOUND)
        return replace(self._counts, fell_out=self._counts.fell_out + 1)


def main(order: Order) -> None:
    """Run all cases, and end the process."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    faulthandler.enable()
    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=["handseg"]):
        target = case.target(order.target)
    folder, corpus = Path(order.folder), Path(order.corpus)
    (folder / "work").mkdir()
    valid = target.corpus()
    for number, content in enumerate(valid):
        refused = case.refusal(target, content, folder / "work")
        if refused:
            raise ValueError(f"input {number} of {order.target} is none of the valid") from refused
        (corpus / f"{number:03d}").write_bytes(content)
    # Numbers that overflow unseen are wrong; what libraries warn of is not.
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", RuntimeWarning)
    words = [sys.argv[0], *_options(order, target), order.corpus]
    atheris.Setup(words, _Cases(target, folder), custom_mutator=_changing(target, valid))
    atheris.Fuzz()


def _options(order: Order, target: Target) -> list[str]:
    """libFuzzer's; signals are left to Python, which says where it was."""
    signals = [f"-handle_{name}=0" for name in ("segv", "bus", "abrt", "ill", "fpe")]
    return [
        f"-runs={order.cases}",
        f"-seed={order.seed}",
        f"-max_len={target.most_bytes}",
        f"-timeout={_HANGS_S}",
        "-rss_limit_mb=0",
        f"-artifact_prefix={order.folder}/",
        *signals,
    ]


def _changing(target: Target, valid: Sequence[bytes]) -> Callable[[bytes, int, int], bytes]:
    """Changes of an input, to at most so many bytes, by a seed."""

    def change(content: bytes, most: int, seed: int) -> bytes:
        dice = Dice(Random(seed), atheris.Mutate)
        if dice.falls(_AFRESH):
            content = dice.random.choice(valid)
        if dice.falls(_BYTES_ALONE):
            return dice.changed(content, most)
        try:
            changed = target.change(content, dice)
        except Exception:
            # libFuzzer would wait for ever.
            traceback.print_exc()
            os._exit(1)
        return changed if len(changed) <= most else dice.changed(content, most)

    return change


if __name__ == "__main__":
    main(Order(**json.loads(sys.argv[1])))
