"""Both sides of a row in turn in one process; the memory of each in a process of its own."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.alone import Alone, Side
from tests.benchmarks.case import Case
from tests.benchmarks.row import Prepare, Row, Unequal


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
    """Why it is None, or why nothing was measured."""
    baseline_peak_mb: float | None = None
    """Most memory of a process that does this side alone, imports and input included."""
    ours_peak_mb: float | None = None


_LEAST_S = 0.2
Kept = dict[tuple[Prepare, Prepare], dict[Side, Alone]]
"""What two sides that agree took alone, for further rows of the same two."""


def measure(row: Row, case: Case, kept: Kept) -> Found:
    """Compare both sides' results, then measure them.

    Args:
        row: of the table.
        case: what both sides start from.
        kept: of the rows before; this row's is added.

    Returns:
        The figures; none, and the goal not met, where the results differ.
    """
    reason = row.lacking()
    if reason is not None:
        return _unmeasured(row, met=None, reason=reason)
    try:
        alone = _compared(row, case, kept)
    except Unequal as error:
        return _unmeasured(row, met=False, reason=f"unequal: {error}")
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


def _unmeasured(row: Row, *, met: bool | None, reason: str) -> Found:
    return Found(
        name=row.name, about=row.about, unit=row.unit, baseline=None, ours=None, ratio=None,
        goal=row.goal, is_limit=row.is_limit, met=met, reason=reason,
    )  # fmt: skip


def _compared(row: Row, case: Case, kept: Kept) -> dict[Side, Alone]:
    """What each side takes alone, once both are known to agree."""
    pair = row.baseline, row.ours
    if pair not in kept:
        sides: tuple[Side, Side] = ("baseline", "ours")
        alone = {side: _in_own_process(row, side, case) for side in sides}
        if not row.is_limit:
            row.same(case, row.baseline(case)(), row.ours(case)())
        kept[pair] = alone
    return kept[pair]


def _values(row: Row, case: Case, alone: dict[Side, Alone]) -> tuple[float, float]:
    """What the row compares, of either side."""
    first, second = alone["baseline"], alone["ours"]
    if row.unit == "MB":
        return first.peak_mb, second.peak_mb
    if row.unit == "bytes":
        return first.written_bytes, second.written_bytes
    if row.is_limit:
        return first.seconds * row.amount, second.seconds
    return _in_turn(row.baseline(case), row.ours(case), pairs=row.pairs)


def _in_turn(
    baseline: Callable[[], object], ours: Callable[[], object], *, pairs: int
) -> tuple[float, float]:
    """Median seconds of either side, run one after the other."""
    seconds = [(_timed(baseline), _timed(ours)) for _ in range(pairs)]
    return statistics.median(s[0] for s in seconds), statistics.median(s[1] for s in seconds)


def _timed(work: Callable[[], object]) -> float:
    """Mean seconds of one call, of as many as take `_LEAST_S` together.

    A stage calls image after image: the first call after a pause would count what the machine
    takes to fetch the code again, which here is up to twenty times as long.
    """
    begun, calls = time.perf_counter(), 0
    while not calls or time.perf_counter() - begun < _LEAST_S:
        work()
        calls += 1
    return (time.perf_counter() - begun) / calls


def _in_own_process(row: Row, side: Side, case: Case) -> Alone:
    words = [sys.executable, "-m", "tests.benchmarks.alone"]
    words += [row.module, row.name, side, str(case.folder)]
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Unequal(f"{side} failed in a process of its own; see above")
    return Alone(**json.loads(done.stdout.splitlines()[-1]))
