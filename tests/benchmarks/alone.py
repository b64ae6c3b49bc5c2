"""One side of one row, once, in a process of its own: what it took, as JSON."""

import json
import logging
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tests.benchmarks.case import Case
from tests.benchmarks.row import Row
from tests.benchmarks.rows import BY_NAME

Side = Literal["baseline", "ours"]


@dataclass(frozen=True)
class Alone:
    """What one side took in a process of its own."""

    seconds: float
    peak_mb: float
    """The most resident memory of the process, imports and input included."""


def run(row: Row, side: Side, case: Case) -> Alone:
    """Do one side; ours of a limit is checked, since no other process does it again."""
    work = row.ours(case) if side == "ours" else row.baseline(case)
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    found = Alone(seconds, _peak_mb())
    if side == "ours" and row.is_limit:
        row.same(case, None, result)
    return found


def _peak_mb() -> float:
    """Most memory of this process; ru_maxrss would have its parent's as well."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    name, side, folder = sys.argv[1:]
    taken = run(BY_NAME[name], "ours" if side == "ours" else "baseline", Case(Path(folder)))
    print(json.dumps(asdict(taken)))
