"""One side of one row, once, in a process of its own: what it took, as JSON."""

import json
import logging
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from tests.benchmarks.case import Case
from tests.benchmarks.peak import peak_mb
from tests.benchmarks.row import Ended, Row
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
    peak = result.peak_mb if isinstance(result, Ended) else peak_mb()
    if side == "ours" and row.is_limit:
        row.same(case, None, result)
    return Alone(seconds, peak)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    name, side, folder = sys.argv[1:]
    taken = run(BY_NAME[name], "ours" if side == "ours" else "baseline", Case(Path(folder)))
    print(json.dumps(asdict(taken)))
