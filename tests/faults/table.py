"""A pytest plugin that turns the tests marked `fault(ROW)` into the table of faults."""

from dataclasses import asdict, dataclass, field
from json import dumps
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.faults.rows import FAULTS

HAPPENED = "happened"
ROW = "row"
_SHOWN = 400
NEEDS_GPU = 14
"""The row that is not provoked where there is no GPU."""


@dataclass
class Verdict:
    """One row of the table."""

    row: int
    fault: str
    happened: str = "not provoked: no test was run"
    ok: bool | None = None
    """None where the fault was not really provoked."""


@dataclass
class FaultTable:
    """Collects verdicts while pytest runs; `finish` gives them all."""

    _parts: dict[int, list[tuple[str, bool | None]]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a test's outcome, also from another process of pytest-xdist."""
        rows = [int(str(value)) for key, value in report.user_properties if key == ROW]
        told = [str(value) for key, value in report.user_properties if key == HAPPENED]
        if not rows or (report.when != "call" and report.passed):
            return
        if report.passed:
            outcome: tuple[str, bool | None] = ("; ".join(told), True)
        elif report.skipped:
            outcome = (f"not provoked: {_reason(report)}", None)
        else:
            outcome = (f"{'; '.join(told)} FAILED {_reason(report)}".strip(), False)
        self._parts.setdefault(rows[0], []).append(outcome)

    def verdicts(self) -> list[Verdict]:
        """Every row, provoked or not."""
        return [self._verdict(row) for row in FAULTS]

    def _verdict(self, row: int) -> Verdict:
        parts = self._parts.get(row, [])
        if not parts:
            return Verdict(row, FAULTS[row])
        verdicts = [ok for _, ok in parts]
        ok = False if False in verdicts else None if None in verdicts else True
        return Verdict(row, FAULTS[row], "; ".join(dict.fromkeys(t for t, _ in parts if t)), ok)


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return " ".join(text.split())[:_SHOWN]


def write(verdicts: list[Verdict], path: Path) -> None:
    """Write the table as JSON, a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [asdict(verdict) for verdict in verdicts]
    path.write_text(dumps(lines, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(verdicts: list[Verdict]) -> None:
    """Print the table, and how many rows ended as they must."""
    table = Table(title="what was provoked, and what happened", show_lines=True)
    for title in ("row", "fault", "what happened", "verdict"):
        table.add_column(title, justify="right" if title == "row" else "left")
    words = {True: "ok", False: "FAILED", None: "not provoked"}
    for one in verdicts:
        table.add_row(str(one.row), one.fault, one.happened, words[one.ok])
    provoked = [one for one in verdicts if one.ok is not None]
    console = Console(width=160)
    console.print(table)
    good = sum(one.ok is True for one in provoked)
    console.print(f"{good} of {len(provoked)} faults ended as they must; {_left(verdicts)}")


def _left(verdicts: list[Verdict]) -> str:
    left = [str(one.row) for one in verdicts if one.ok is None]
    return f"not provoked: row {', '.join(left)}" if left else "every row was provoked"
