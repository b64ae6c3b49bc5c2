"""A training SIGKILLed at a random moment and called again: the weights of an uninterrupted one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.faults import interrupted
from tests.faults.command import handseg
from tests.faults.figures import struck
from tests.faults.figures.figure import Figure, Provoke, Trial

HANDS = ("--people", "6", "--test-people", "0", "--size", "160", "--seed", "5")
SETTINGS = """\
model: {name: unet, filters: [8, 16, 32], input_px: 64, output_px: 64}
augment: {scale_fraction: 0.1, shift_fraction: 0.05, contrast_fraction: 0.2, copy_paste: 0.5}
length: 160
unit: epochs
batch_size: 2
learning_rate: 5e-3
schedule: linear
warmup_fraction: 0.1
sizes_px: [32, 64]
sizes_fraction: [0.4, 0.6]
ema: 0.9
validate_every: 40
checkpoint_minutes: 0.005
precision: float32
device: cpu
threads: 1
workers: 1
"""
"""All that draws at random, two sizes, a moving average, several validations, and a state to go on
from three times a second."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A training that nothing interrupted."""

    words: Callable[[Path], Sequence[object]]
    """Those after `handseg` that train another like it to a path."""
    length_s: float
    """How long it takes, imports included."""
    weights: str
    """Their SHA-256."""


def whole(shared: Path) -> Whole:
    """Train without interruption, in an empty folder."""
    data, folds, cache = shared / "data", shared / "folds.csv", shared / "cache"
    handseg("demo-data", data, *HANDS).must(0)
    handseg("split", "--data", data, "--out", folds, "--settings.folds", 2).must(0)
    handseg("preprocess", "--data", data, "--folds", folds, "--out", cache).must(0)
    (shared / "train.yaml").write_text(SETTINGS, encoding="utf-8")

    def words(out: Path) -> tuple[object, ...]:
        places = ("--cache", cache, "--folds", folds, "--fold", 0, "--out", out, "--name", "member")
        return ("train", *places, "--settings", shared / "train.yaml")

    # The first loads libraries that no process has used for long; the second tells the length.
    handseg(*words(shared / "first")).must(0)
    length_s = handseg(*words(shared / "whole")).must(0).seconds
    weights = interrupted.weights(shared / "whole")
    assert weights == interrupted.weights(shared / "first")
    return Whole(words=words, length_s=length_s, weights=weights)


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Train without interruption; gives what kills and resumes another training."""
    uninterrupted = whole(shared)

    def provoke(folder: Path, generator: np.random.Generator) -> Trial:
        killed = struck.at_random(
            uninterrupted.words, folder, generator, length_s=uninterrupted.length_s
        )
        newest = _newest_state(killed.out)
        again = handseg(*uninterrupted.words(killed.out)).must(0)
        found = interrupted.weights(killed.out)
        left = [path.name for path in folder.iterdir() if ".partial" in path.name]
        happened = f"{newest}; called again it took {again.seconds:.1f} s, weights {found[:12]}"
        if left:
            happened += f"; left behind: {', '.join(left)}"
        return killed.trial(happened, ok=found == uninterrupted.weights and not left)

    yield provoke


def _newest_state(out: Path) -> str:
    """What the killed training left to go on from."""
    if out.exists():
        return "the checkpoint was complete"
    step = interrupted.steps(out.with_name(f"{out.name}.partial"))[-1]
    return f"newest state of step {step}" if step else "no state yet"


FIGURE = Figure(
    title="a training killed at a random moment, and the same command again",
    claim="trainings killed by SIGKILL and called again ended with the weights of an "
    "uninterrupted one, by SHA-256",
    prepare=prepare,
)
