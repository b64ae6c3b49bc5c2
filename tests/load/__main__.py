"""`make load`: every stage on as many images as people have, and whether its memory stays."""

import json as jsons
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from jsonargparse import auto_cli
from rich.console import Console
from rich.table import Table

from tests.load import hands, stages, tree
from tests.load.amount import LOADS, Amount
from tests.load.verdict import Verdict

_TORCHS = "torchinductor_"
"""A folder that torch makes in TMPDIR when it is imported."""


def load(
    *,
    loads: list[str] = list(LOADS),  # noqa: B006 - read, never changed
    json: Path = Path("runs/load.json"),
    folder: Path = Path("runs/load-data"),
    keep: bool = False,
) -> int:
    """Run every stage on a quarter of the images and on all, and compare.

    Args:
        loads: Which: large (1,088 images at 2048), many (10,000 at 96).
        json: File to write the figures to.
        folder: Where data and runs lie meanwhile.
        keep: Keep the data for the next time.

    Returns:
        0 where memory, time and open files grow as they may, 1 where not, 2 where the disk is too
        small.
    """
    amounts = [LOADS[name] for name in loads]
    folder.mkdir(parents=True, exist_ok=True)
    short = short_of_disk(folder, amounts)
    if short:
        print(short, file=sys.stderr)
        return 2
    verdicts = [verdict for amount in amounts for verdict in run(amount, folder, keep=keep)]
    if not keep:
        shutil.rmtree(folder)
    show(verdicts)
    json.parent.mkdir(parents=True, exist_ok=True)
    json.write_text(written(verdicts), encoding="utf-8")
    faults = [fault for verdict in verdicts for fault in verdict.faults]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def run(amount: Amount, folder: Path, *, keep: bool) -> list[Verdict]:
    """Every command on a quarter of the images and on all of them.

    Raises:
        RuntimeError: a command fails.
    """
    data, quarter = folder / amount.name, folder / f"{amount.name}-quarter"
    _say(f"{amount.name}: {amount.images:,} images of {amount.size_px} px are made")
    hands.make(data, amount)
    shutil.rmtree(quarter, ignore_errors=True)
    hands.take_quarter(data, quarter, amount)
    few = _taken(amount.quarter, quarter, folder / "work")
    many = _taken(amount, data, folder / "work")
    shutil.rmtree(quarter)
    if not keep:
        shutil.rmtree(data)
    return [
        Verdict(
            load=amount.name,
            command=command,
            images=(amount.quarter.images, amount.images),
            taken=(few[command], many[command]),
        )
        for command in many
    ]


def _taken(amount: Amount, data: Path, work: Path) -> dict[str, tree.Taken]:
    shutil.rmtree(work, ignore_errors=True)
    temp = work / "tmp"
    temp.mkdir(parents=True)
    found = {}
    for command, words in stages.commands(data, work, folds=amount.folds):
        found[command] = taken = tree.measure(words, temp=temp)
        _say(
            f"{amount.name}, {amount.images:,} images: {command} {taken.seconds:.1f} s, "
            f"{taken.peak_mb:.0f} MB"
        )
        left = [path.name for path in temp.iterdir() if not path.name.startswith(_TORCHS)]
        if left:
            raise RuntimeError(f"handseg {' '.join(words)}: leaves {left} in TMPDIR")
    shutil.rmtree(work)
    return found


def short_of_disk(folder: Path, amounts: Sequence[Amount]) -> str:
    """What to say where the disk is too small, else nothing."""
    needed = max(amount.disk_bytes for amount in amounts)
    free = shutil.disk_usage(folder).free
    if needed <= free:
        return ""
    return (
        f"{folder}: needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free; "
        "give --folder on a larger disk"
    )


def show(verdicts: Sequence[Verdict]) -> None:
    """Print the table."""
    table = Table(title="a quarter of the images and all of them; peak of all processes together")
    for title in ("load", "command"):
        table.add_column(title)
    for title in ("images", "seconds", "CPU s", "peak, MB", "growth", "files", "CPU s an image"):
        table.add_column(title, justify="right")
    for one in verdicts:
        (few, many), (quarter, whole) = one.images, one.taken
        table.add_row(
            one.load,
            one.command,
            f"{few:,} {many:,}",
            f"{quarter.seconds:.1f} {whole.seconds:.1f}",
            f"{quarter.cpu_s:.1f} {whole.cpu_s:.1f}",
            f"{quarter.peak_mb:.0f} {whole.peak_mb:.0f}",
            f"{one.growth:+.1%}",
            f"{quarter.files} {whole.files}",
            f"x {one.slower:.2f}",
        )
    Console(width=110).print(table)


def written(verdicts: Sequence[Verdict]) -> str:
    """The figures for machines, with what they were measured on."""
    lines = [
        {**asdict(one), "memory_growth": one.growth, "slower": one.slower, "faults": one.faults}
        for one in verdicts
    ]
    machine = {"cpu": _cpu(), "cores": len(os.sched_getaffinity(0))}
    return jsons.dumps({**machine, "commands": lines}, indent=1) + "\n"


def _cpu() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    return found[1] if found else "unknown"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(auto_cli(load, as_positional=False))
