"""`handseg bench`: the benchmark of the checkout that handseg was installed from."""

import subprocess
import sys
from pathlib import Path

import handseg
from handseg.errors import MissingInput

_ROOT = Path(handseg.__file__).parents[1]
_BENCHMARKS = "tests.benchmarks"


def bench(*, json: Path | None = None, only: list[str] | None = None) -> int:
    """Measure what users write today against handseg, both in one run, results compared first.

    Args:
        json: File to write the figures to: a list with one object for each row.
        only: Names of the rows to measure; all by default.

    Returns:
        0 where every goal that this machine can judge is met, else 1.

    Raises:
        MissingInput: handseg was not installed from a checkout, which the baselines are a part of.
    """
    place = _ROOT / "tests" / "benchmarks"
    if not place.is_dir():
        raise MissingInput(f"{place}: not found; `make bench` in a checkout of handseg")
    words = [sys.executable, "-m", _BENCHMARKS]
    words += [f"--json={json.absolute()}"] if json else []
    words += [f"--only=[{','.join(only)}]"] if only else []
    return subprocess.run(words, cwd=_ROOT, check=False).returncode
