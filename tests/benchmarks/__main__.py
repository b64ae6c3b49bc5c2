"""`make bench`: what users write today against the product, in one run."""

import logging
import sys
import tempfile
from dataclasses import asdict
from json import dumps
from pathlib import Path

from jsonargparse import auto_cli
from rich.console import Console
from rich.table import Table

from handseg import progress
from tests.benchmarks import measure
from tests.benchmarks.case import Case
from tests.benchmarks.measure import Found, Kept
from tests.benchmarks.rows import ROWS


def bench(*, json: str = "", only: list[str] | None = None) -> int:
    """Measure rows, and print a table.

    Args:
        json: File to write the figures to, as a list of objects.
        only: Rows to measure; all by default.

    Returns:
        0 where every goal that this machine can judge is met, else 1.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("handseg.progress").setLevel(logging.INFO)
    rows = [r for r in ROWS if not only or r.name in only]
    with tempfile.TemporaryDirectory(prefix="handseg-bench-") as place:
        case = Case(Path(place))
        kept: Kept = {}
        tracked = progress.track(rows, description="measuring", total=len(rows))
        found = [measure.measure(r, case, kept) for r in tracked]
    _show(found)
    if json:
        lines = [asdict(one) for one in found]
        Path(json).write_text(dumps(lines, indent=1) + "\n", encoding="utf-8")
    return 0 if all(one.met is not False for one in found) else 1


def _show(found: list[Found]) -> None:
    table = Table(title="baseline against handseg, in one run")
    for title in ("", "baseline", "handseg", "ratio", "goal", "met", "peak MB", "what"):
        table.add_column(title, justify="left" if title in ("", "what") else "right")
    for one in found:
        goal = f"<= {one.goal:g} {one.unit}" if one.is_limit else f">= {one.goal:g}x"
        peak = "" if one.ours is None else f"{one.baseline_peak_mb:.0f} / {one.ours_peak_mb:.0f}"
        table.add_row(
            one.name, _shown(one.baseline, one.unit), _shown(one.ours, one.unit),
            "" if one.ratio is None else f"{one.ratio:.1f}x", goal,
            one.reason or {True: "yes", False: "NO", None: ""}[one.met], peak, one.about,
        )  # fmt: skip
    Console(width=160).print(table)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "s":
        return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.2f} ms"
    return f"{value / 1e6:.2f} MB" if unit == "bytes" else f"{value:.0f} MB"


if __name__ == "__main__":
    sys.exit(auto_cli(bench, as_positional=False))
