"""One command in a process of its own: what it took, as JSON on the last line."""

import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from handseg import cli
from tests.benchmarks.peak import peak_mb

_REPEATS = 5
_LONG_S = 8.0
"""Once so much has been spent, noise is small against it and the command is not repeated."""


@dataclass(frozen=True)
class Taken:
    """What a command took."""

    seconds: float
    """Least of up to five calls, without the process's start and imports: noise only adds."""
    peak_mb: float
    """Most resident memory of the process, imports included."""


def run(warm: list[str], words: list[str], work: Path) -> Taken:
    """Call a command as the shell would, which writes to a place of ours.

    Args:
        warm: a smaller command, called first, so that imports and caches are no part of the time.
        words: the command, without --out.
        work: folder to write into.

    Raises:
        RuntimeError: the command failed.
    """
    _timed(warm, work)
    seconds: list[float] = []
    while len(seconds) < _REPEATS and sum(seconds) < _LONG_S:
        seconds.append(_timed(words, work))
    return Taken(min(seconds), peak_mb())


def _timed(words: list[str], work: Path) -> float:
    work.mkdir()
    begun = time.perf_counter()
    code = cli.main([*words, "--out", str(work / "out")])
    seconds = time.perf_counter() - begun
    if code != 0:
        raise RuntimeError(f"handseg {' '.join(words)}: exit code {code}")
    shutil.rmtree(work)
    return seconds


if __name__ == "__main__":
    warm, words, work = (json.loads(text) for text in sys.argv[1:])
    print(json.dumps(asdict(run(warm, words, Path(work)))))
