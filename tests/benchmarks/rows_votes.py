"""The soft vote, and the stage that does it."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from handseg import bones
from handseg.ensemble import voting
from handseg.inference.store import Store
from handseg.masks import dice, rle
from handseg.stages.ensemble import ensemble
from tests.benchmarks.case import MEMBERS, SIDE, Case
from tests.benchmarks.row import Ended, Row, require
from tests.benchmarks.rows_masks import encode_plane

_MOST_FLIPPED = 2e-3
"""Of the foreground pixels, those that may end otherwise: 255ths and a cut instead of float32."""
IMAGES = 288


def streamed_vote(paths: Sequence[Path]) -> list[str]:
    """One member after another added up, float32; then the threshold and RLE."""
    total = np.zeros((bones.COUNT, SIDE, SIDE), np.float32)
    for path in paths:
        total += np.load(path)
    total /= len(paths)
    return [encode_plane(plane >= 0.5) for plane in total]


def _vote_dense(case: Case) -> Callable[[], object]:
    paths = [case.dense_file(member) for member in range(MEMBERS)]
    return lambda: streamed_vote(paths)


def _vote_stores(case: Case) -> Callable[[], object]:
    stores = [Store(case.store(member)) for member in range(MEMBERS)]

    def vote() -> list[str]:
        found = [store.read("image0000.png") for store in stores]
        return [rle.to_text(runs) for runs in voting.vote(found, [1.0] * MEMBERS, 0.5)]

    return vote


def nearly_the_same_masks(_: Case, baseline: object, ours: object) -> None:
    """Require two lists of RLE texts to differ in few foreground pixels."""
    if not isinstance(baseline, list) or not isinstance(ours, list):
        raise TypeError("two lists of RLE texts expected")
    flipped = total = 0
    for first, second in zip(baseline, ours, strict=True):
        a, b = rle.parse(first, SIDE * SIDE), rle.parse(second, SIDE * SIDE)
        flipped += rle.area(a) + rle.area(b) - 2 * dice.intersection(a, b)
        total += rle.area(a)
    require(flipped <= _MOST_FLIPPED * total, f"{flipped} of {total} foreground pixels differ")


def _whole_ensemble(case: Case) -> Callable[[], object]:
    stores = [str(case.store(member, IMAGES)) for member in range(MEMBERS)]
    out = case.folder / "votes.csv"

    def vote() -> Ended:
        for path in case.folder.glob(f"{out.name}*"):
            path.unlink()
        words = [sys.executable, "-m", "tests.benchmarks.vote_alone", str(out), *stores]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        lines = out.read_text(encoding="ascii").splitlines()
        return Ended(float(done.stdout.splitlines()[-1]), len(lines))

    return vote


def _all_rows(_: Case, __: object, ours: object) -> None:
    lines = ours.lines if isinstance(ours, Ended) else 0
    require(lines == 1 + IMAGES * bones.COUNT, f"the CSV has {lines} lines")


ROWS = (
    Row(
        name="vote",
        about="soft vote of 5 members and RLE, one image",
        goal=40,
        baseline=_vote_dense,
        ours=_vote_stores,
        same=nearly_the_same_masks,
        calls=(Store.read, voting.vote, rle.to_text),
    ),
    Row(
        name="vote_memory",
        about=f"most memory of the ensemble stage, {IMAGES} images by 5 members; "
        "the baseline's of one",
        goal=200,
        baseline=_vote_dense,
        ours=_whole_ensemble,
        same=_all_rows,
        calls=(ensemble,),
        unit="MB",
        pairs=1,
        is_limit=True,
    ),
    Row(
        name="ensemble_288x5",
        about=f"the ensemble stage, {IMAGES} images by 5 members, on {os.cpu_count()} cores; "
        "the baseline does one, times as many",
        goal=15,
        amount=IMAGES,
        baseline=_vote_dense,
        ours=_whole_ensemble,
        same=_all_rows,
        calls=(ensemble,),
        pairs=1,
        is_limit=True,
    ),
)
