"""`make kill-training` and its like: one headline figure, provoked as often as asked."""

import logging
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from jsonargparse import auto_cli

from handseg import progress
from tests.faults.figures import kill_run, kill_s3, kill_training, kill_writes, sigterm
from tests.faults.figures.answer import Answer
from tests.faults.figures.figure import Figure, Provoke, Trial

FIGURES = {
    "kill-training": kill_training.FIGURE,
    "kill-run": kill_run.FIGURE,
    "kill-writes": kill_writes.FIGURE,
    "kill-s3": kill_s3.FIGURE,
    "sigterm": sigterm.FIGURE,
}


def figures(
    figure: str, *, times: int = 20, seed: int = 0, out: Path = Path("runs/figures")
) -> int:
    """Provoke a fault many times, print every trial, and write OUT/FIGURE.json.

    Args:
        figure: Its name; one of those in FIGURES.
        times: How often.
        seed: Decides the moments.
        out: Folder of the JSON.

    Returns:
        0 where every trial ended as it must, else 1; 2 where there is no such figure.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("handseg.progress").setLevel(logging.INFO)
    if figure not in FIGURES:
        print(f"{figure}: no figure; there are {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    trials = _provoked(FIGURES[figure], times, seed, figure)
    answer = Answer(
        name=figure,
        figure=FIGURES[figure],
        trials=trials,
        seed=seed,
        took_s=time.monotonic() - began,
    )
    answer.show()
    answer.write(out)
    return 0 if answer.is_met else 1


def _provoked(figure: Figure, times: int, seed: int, name: str) -> list[Trial]:
    generators = np.random.default_rng(seed).spawn(times)
    with tempfile.TemporaryDirectory(prefix="handseg-figure-") as place:
        shared = Path(place) / "shared"
        shared.mkdir()
        with figure.prepare(shared) as provoke, ThreadPoolExecutor(figure.at_once) as pool:
            trials = pool.map(partial(_one, provoke, Path(place)), generators)
            return list(progress.track(trials, description=name, total=times))


def _one(provoke: Provoke, place: Path, generator: np.random.Generator) -> Trial:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        try:
            return provoke(Path(folder), generator)
        except AssertionError as missed:
            return Trial(at="", happened=str(missed), ok=False)


if __name__ == "__main__":
    sys.exit(auto_cli(figures))
