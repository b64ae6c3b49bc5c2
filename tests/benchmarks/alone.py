"""One side of one row, once, in a process of its own: what it took, as JSON."""

import json
import logging
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from tests.benchmarks.case import Case
from tests.benchmarks.peak import peak_mb
from tests.benchmarks.row import Ended, Row

Side = Literal["baseline", "ours"]


@dataclass(frozen=True)
class Alone:
    """What one side took in a process of its own."""

    seconds: float
    peak_mb: float
    """The most resident memory of the process, imports and input included."""
    written_bytes: int
    """Of the file whose path is the result, else 0."""


def run(row: Row, side: Side, case: Case) -> Alone:
    """Do one side; ours of a limit is checked, since no other process does it again."""
    work = row.ours(case) if side == "ours" else row.baseline(case)
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    peak = result.peak_mb if isinstance(result, Ended) else peak_mb()
    if side == "ours" and row.is_limit:
        row.same(case, None, result)
    return Alone(seconds, peak, result.stat().st_size if isinstance(result, Path) else 0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    module, name, side, folder = sys.argv[1:]
    # Not every row's module: what it imports counts as memory of this one.
    row: Row = next(row for row in import_module(module).ROWS if row.name == name)
    taken = run(row, "ours" if side == "ours" else "baseline", Case(Path(folder)))
    print(json.dumps(asdict(taken)))
