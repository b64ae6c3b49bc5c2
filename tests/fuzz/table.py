"""The table of a run of fuzzing, for people and as JSON, and the inputs that it keeps."""

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz.child import Fuzzed
from tests.fuzz.counts import Counts


@dataclass(frozen=True)
class Kept:
    """A finding whose input lies in a file."""

    what: str
    input: str
    command: str
    """Shows it again."""


@dataclass(frozen=True)
class Line:
    """One target."""

    target: str
    counts: Counts
    found: list[Kept]

    @property
    def per_second(self) -> float:
        """Cases."""
        return self.counts.cases / max(self.counts.seconds, 1e-9)


def line(fuzzed: Fuzzed, folder: Path) -> Line:
    """What became of a target; inputs of its findings go into a folder."""
    kept = []
    for one in fuzzed.found:
        path = folder / f"{fuzzed.target}-{one.name}.input"
        one.write(path)
        command = f"python -m tests.fuzz --target '[{fuzzed.target}]' --input {path}"
        kept.append(Kept(one.what, str(path), command))
    return Line(fuzzed.target, fuzzed.counts, kept)


def show(lines: list[Line]) -> None:
    """Print the table, and how to see each finding again."""
    table = Table(title="cases given to each reader, and what fell out")
    for title in ("target", "cases", "s", "cases/s", "taken", "refused", "fell out", "findings"):
        table.add_column(title, justify="left" if title in ("target", "findings") else "right")
    for one in [*lines, _total(lines)]:
        table.add_row(
            one.target,
            f"{one.counts.cases:,}",
            f"{one.counts.seconds:.1f}",
            f"{one.per_second:,.0f}",
            f"{one.counts.taken:,}",
            f"{one.counts.refused:,}",
            f"{one.counts.fell_out:,}",
            "\n".join(kept.what for kept in one.found) or "none",
        )
    console = Console(width=160)
    console.print(table)
    for kept in _total(lines).found:
        console.print(f"{kept.what}:\n  {kept.command}", markup=False, soft_wrap=True)


def _total(lines: list[Line]) -> Line:
    counts = sum((one.counts for one in lines), Counts())
    return Line("all", counts, [kept for one in lines for kept in one.found])


def write(lines: list[Line], path: Path, *, seed: int) -> None:
    """Write the figures as JSON."""
    targets = [
        {
            "target": one.target,
            "cases": one.counts.cases,
            "seconds": round(one.counts.seconds, 2),
            "cases_per_second": round(one.per_second, 1),
            "taken": one.counts.taken,
            "refused": one.counts.refused,
            "fell_out": one.counts.fell_out,
            "found": [vars(kept) for kept in one.found],
        }
        for one in lines
    ]
    figures = {"seed": seed, "cases": _total(lines).counts.cases, "targets": targets}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
