"""Both sides of a row in turn in one process; the memory of each in a process of its own."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.alone import Alone, Side
from tests.benchmarks.case import Case
from tests.benchmarks.row import Row


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a row measured."""

    name: str
    about: str
    unit: str
    baseline: float | None
    ours: float | None
    ratio: float | None
    goal: float
    is_limit: bool
    met: bool | None
    """None where this machine cannot tell."""
    reason: str = ""
    baseline_peak_mb: float | None = None
    """Most memory of a process that does this side alone, imports and input included."""
    ours_peak_mb: float | None = None


def measure(row: Row, case: Case) -> Found:
    """Compare both sides' results, then measure them.

    Raises:
        Unequal: the results differ; nothing was measured.
    """
    reason = row.lacking()
    if reason is not None:
        return Found(
            name=row.name, about=row.about, unit=row.unit, baseline=None, ours=None, ratio=None,
            goal=row.goal, is_limit=row.is_limit, met=None, reason=reason,
        )  # fmt: skip
    sides: tuple[Side, Side] = ("baseline", "ours")
    alone = {side: _in_own_process(row.name, side, case) for side in sides}
    baseline, ours = _values(row, case, alone)
    ratio = baseline / ours
    return Found(
        name=row.name,
        about=row.about,
        unit=row.unit,
        baseline=baseline,
        ours=ours,
        ratio=ratio,
        goal=row.goal,
        is_limit=row.is_limit,
        met=ours <= row.goal if row.is_limit else ratio >= row.goal,
        baseline_peak_mb=alone["baseline"].peak_mb,
        ours_peak_mb=alone["ours"].peak_mb,
    )


def _values(row: Row, case: Case, alone: dict[Side, Alone]) -> tuple[float, float]:
    """What the row compares, of either side."""
    if row.is_limit:
        first, second = alone["baseline"], alone["ours"]
        if row.unit == "MB":
            return first.peak_mb, second.peak_mb
        return first.seconds, second.seconds
    sides = row.baseline(case), row.ours(case)
    results = [side() for side in sides]
    row.same(case, *results)
    if row.unit == "MB":
        return alone["baseline"].peak_mb, alone["ours"].peak_mb
    if row.unit == "bytes":
        sizes = [Path(str(result)).stat().st_size for result in results]
        return float(sizes[0]), float(sizes[1])
    results.clear()
    return _in_turn(*sides, pairs=row.pairs)


def _in_turn(
    baseline: Callable[[], object], ours: Callable[[], object], *, pairs: int
) -> tuple[float, float]:
    """Median seconds of either side, run one after the other."""
    seconds = [(_timed(baseline), _timed(ours)) for _ in range(pairs)]
    return statistics.median(s[0] for s in seconds), statistics.median(s[1] for s in seconds)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _in_own_process(name: str, side: Side, case: Case) -> Alone:
    words = [sys.executable, "-m", "tests.benchmarks.alone", name, side, str(case.folder)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    return Alone(**json.loads(done.stdout.splitlines()[-1]))
