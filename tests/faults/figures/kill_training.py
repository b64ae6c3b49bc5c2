"""A training SIGKILLed at a random moment and called again: the weights of an uninterrupted one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from handseg.storage.sums import file_sha256
from tests.faults import interrupted
from tests.faults.command import handseg
from tests.faults.figures import killing
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


def prepare_data(folder: Path) -> Path:
    """Leave data, folds.csv, cache and train.yaml in a folder; gives the folder."""
    data, folds = folder / "data", folder / "folds.csv"
    handseg("demo-data", data, *HANDS).must(0)
    handseg("split", "--data", data, "--out", folds, "--settings.folds", 2).must(0)
    handseg("preprocess", "--data", data, "--folds", folds, "--out", folder / "cache").must(0)
    (folder / "train.yaml").write_text(SETTINGS, encoding="utf-8")
    return folder


def words(made: Path, out: Path) -> tuple[object, ...]:
    """The command that trains a member on what `prepare_data` made."""
    return (
        *("train", "--cache", made / "cache", "--folds", made / "folds.csv", "--fold", 0),
        *("--out", out, "--name", "member", "--settings", made / "train.yaml"),
    )


@contextmanager
def prepare(shared: Path) -> Iterator[Provoke]:
    """Train without interruption; gives what kills and resumes another training."""
    made = prepare_data(shared)
    # The first loads libraries that no process has used for long; the second tells the length.
    handseg(*words(made, shared / "first")).must(0)
    length_s = handseg(*words(made, shared / "whole")).must(0).seconds
    wanted = file_sha256(shared / "whole" / "model.safetensors")
    assert wanted == file_sha256(shared / "first" / "model.safetensors")

    def provoke(folder: Path, generator: np.random.Generator) -> Trial:
        killed = killing.at_random(
            lambda out: words(made, out), folder, generator, length_s=length_s
        )
        newest = _newest_state(killed.out)
        again = handseg(*words(made, killed.out)).must(0)
        found = file_sha256(killed.out / "model.safetensors")
        left = [path.name for path in folder.iterdir() if ".partial" in path.name]
        happened = f"{newest}; called again it took {again.seconds:.1f} s, weights {found[:12]}"
        if left:
            happened += f"; left behind: {', '.join(left)}"
        return killed.trial(happened, ok=found == wanted and not left)

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
