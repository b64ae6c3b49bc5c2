"""`handseg doctor`: what this machine lacks for what a person wants to do."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from json import dumps

from rich.console import Console
from rich.table import Table
from rich.text import Text

from handseg import progress
from handseg.doctor import examination
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check
from handseg.errors import BadInput
from handseg.presets import catalogue
from handseg.storage.location import Location

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red", "not asked for": "dim"}


def doctor(
    *,
    out: Location | None = None,
    data: Location | None = None,
    preset: str | None = None,
    kfp: str | None = None,
    json: bool = False,
) -> int:
    """Say of this machine what works for handseg, what does not, and what to do about it.

    Versions, GPU, cores, memory, /dev/shm, open files, text, clock, temporary folder, disk, Docker;
    an object store where a location is s3:// or AWS_ENDPOINT_URL is set, and KFP where --kfp or
    KF_PIPELINES_ENDPOINT is. What is given below is looked at as well. In the object store a small
    object is put beside OUT and removed again; nothing else is written.

    Args:
        out: Where a run would write; its rights and its room.
        data: What a run would read; its images by their headers.
        preset: How it would be made: a preset's name or a YAML file. Names what is needed.
        kfp: URL of the KFP API that a run would be sent to.
        json: Print JSON instead of a line for each check.

    Returns:
        0, or 2 where something keeps what was asked for from working.

    Raises:
        BadInput: there is no such preset.
    """
    chosen = catalogue.load(preset) if preset else None
    asked = Asked(out=out, data=data, preset=chosen, kfp=kfp or "")
    looked = examination.examine(asked)
    tracked = progress.track(looked, description="doctor", total=len(examination.MODULES))
    checks = [check for found in tracked for check in found]
    has_failed = any(check.state == "failed" for check in checks)
    if json:
        print(dumps({"ok": not has_failed, "checks": [asdict(one) for one in checks]}, indent=1))
    else:
        (_print_table if sys.stdout.isatty() else _print_lines)(checks)
        print(_summary(checks))
    return BadInput.exit_code if has_failed else 0


def _print_table(checks: Sequence[Check]) -> None:
    table = Table()
    for title in ("check", "state", "found", "what to do"):
        table.add_column(title, no_wrap=title in ("check", "state"))
    for one in checks:
        state = Text(one.state, style=_COLOURS[one.state])
        table.add_row(Text(one.name), state, Text(one.found), Text(one.remedy))
    Console().print(table)


def _print_lines(checks: Sequence[Check]) -> None:
    wide = max(len(one.name) for one in checks)
    widest = max(map(len, _COLOURS))
    for one in checks:
        said = "; ".join(filter(None, (one.found, one.remedy)))
        print(f"{one.name:<{wide}}  {one.state:<{widest}}  {' '.join(said.split())}")


def _summary(checks: Sequence[Check]) -> str:
    counts = {state: sum(one.state == state for one in checks) for state in ("failed", "warning")}
    warnings = f"{counts['warning']} warning{'s'[: counts['warning'] != 1]}"
    return f"{counts['failed']} failed, {warnings}, of {len(checks)} checks"
