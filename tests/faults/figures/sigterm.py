"""A training that SIGTERM asks to end at a random moment: how long it takes, and what goes on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.faults import interrupted
from tests.faults.command import handseg
from tests.faults.figures import kill_training, struck
from tests.faults.figures.figure import Figure, Provoke, Trial

_LIMIT_S = 10
_ENDED = (143, -signal.SIGTERM)
"""By the command itself, or by the signal before Python has come to the command."""


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Train without interruption; gives what asks another training to end, and calls it again."""
    whole = kill_training.whole(shared)

    def provoke(folder: Path, generator: np.random.Generator) -> Trial:
        ended = struck.at_random(
            whole.words, folder, generator, length_s=whole.length_s, number=signal.SIGTERM
        )
        step = interrupted.steps(ended.out.with_name(f"{ended.out.name}.partial"))[-1]
        again = handseg(*whole.words(ended.out)).must(0)
        goes_on = f"resumed at step {step}" in again.said or not step
        same = interrupted.weights(ended.out) == whole.weights
        happened = (
            f"exit {ended.code}, {f'step {step} saved' if step else 'nothing to save'}; "
            f"called again: {'the same weights' if same else 'OTHER WEIGHTS'}"
        )
        ok = ended.code in _ENDED and ended.took_s <= _LIMIT_S and goes_on and same
        return ended.trial(happened, ok=ok, seconds=ended.took_s)

    yield provoke


FIGURE = Figure(
    title="a training that SIGTERM asks to end at a random moment, and the same command again",
    claim=f"trainings ended within {_LIMIT_S} s of SIGTERM, and went on to the same weights",
    seconds="from SIGTERM to the end",
    prepare=prepare,
)
