"""`make fuzz`: cases by chance for every reader of files that anyone may have written."""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from jsonargparse import auto_cli

from handseg import progress
from tests.fuzz import case, table
from tests.fuzz.child import Fuzzed

_MEMORY = Path("/dev/shm")
_POLL_S = 0.2


def fuzz(
    *,
    target: list[str] | None = None,
    cases: int = 20_000,
    seed: int = 1,
    input: Path | None = None,
    out: Path = Path("runs/fuzz"),
    json: Path = Path("runs/fuzz.json"),
) -> int:
    """Give readers inputs by chance, and print a table.

    Args:
        target: Readers; all by default.
        cases: Inputs in all, shared out equally.
        seed: Of everything drawn.
        input: A kept file, to be given to the one target instead.
        out: Folder for inputs that show a finding.
        json: File to write the figures to.

    Returns:
        0 where nothing fell out, else 1.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    names = target or case.names()
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="handseg-fuzz-", dir=memory) as place:
        if input:
            return _again(names[0], input.read_bytes(), Path(place))
        shares = [cases // len(names) + (n < cases % len(names)) for n in range(len(names))]
        targets = [
            Fuzzed(name, cases=share, seed=seed, folder=Path(place) / name)
            for name, share in zip(names, shares, strict=True)
        ]
        _run(targets)
        lines = [table.line(one, out) for one in targets]
    table.write(lines, json, seed=seed)
    table.show(lines)
    return 1 if any(one.found for one in lines) else 0


def _again(name: str, content: bytes, work: Path) -> int:
    """Give one input to a reader; whatever falls out falls out here."""
    refusal = case.refusal(case.target(name), content, work)
    print(f"refused: {refusal}" if refusal else "taken")
    return 0


def _run(targets: Sequence[Fuzzed]) -> None:
    """Run targets side by side, as many as there are cores."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        running = [pool.submit(one.run) for one in targets]
        try:
            total = sum(one.cases for one in targets)
            for _ in progress.track(_done(targets, running), description="cases", total=total):
                pass
        finally:
            for future in running:
                future.cancel()
    for future in running:
        future.result()


def _done(targets: Sequence[Fuzzed], running: Sequence[Future[None]]) -> Iterator[int]:
    """One number for each case, as they are done."""
    done = 0
    while not all(future.done() for future in running):
        time.sleep(_POLL_S)
        now = max(done, sum(one.counts.cases for one in targets))
        yield from range(done, now)
        done = now


if __name__ == "__main__":
    sys.exit(auto_cli(fuzz, as_positional=False))
