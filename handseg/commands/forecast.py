"""`handseg plan`: what a run would take here, before it is started."""

import json as text
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import yaml
from rich.console import Console
from rich.table import Table

from handseg.commands import reckoning
from handseg.commands.reckoning import Line
from handseg.dataset import layout
from handseg.presets import catalogue
from handseg.presets.catalogue import Preset
from handseg.progress import format_seconds
from handseg.settings import SplitSettings, TrainSettings
from handseg.storage import raw
from handseg.storage.location import Location


def plan(
    preset: str,
    *,
    data: Location,
    split: Annotated[Mapping[str, Any] | None, SplitSettings] = None,
    train: Annotated[Mapping[str, Any] | None, TrainSettings] = None,
    settings: bool = False,
    json: bool = False,
) -> int:
    """Say what `handseg run` would take on this machine: steps, time, memory and disk.

    A few images are taken through the stages, and each kind of member through some steps; the rest
    is reckoned. Nothing is kept.

    Args:
        preset: A preset's name, or the path of a YAML file of the same form.
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        split: Replaces settings of the preset's split.
        train: Replaces settings of every member's train.
        settings: Print every setting of the run as YAML instead, as a preset file holds them.
        json: Print JSON instead of a table.

    Returns:
        0.

    Raises:
        BadInput: the data has faults in its names or in the sample, or a setting cannot be right.
    """
    given = {"split": split, "train": train}
    chosen = catalogue.load(preset, {name: values for name, values in given.items() if values})
    if settings:
        print(yaml.safe_dump(_resolved(chosen), sort_keys=False), end="")
        return 0
    root = raw.reading_raw(data)
    records = layout.scan(root)
    lines, peak, device = reckoning.reckon(chosen, records)
    free = shutil.disk_usage(root).free
    (_print_json if json else _print_table)(lines, peak, device, free)
    return 0


def _resolved(preset: Preset) -> dict[str, Any]:
    """Every setting, in the form of a preset's file."""
    values = {key: value for key, value in asdict(preset).items() if key != "name"}
    members = [{k: v for k, v in one.items() if v is not None} for one in values["members"]]
    return {**values, "members": members}


def _print_json(lines: Sequence[Line], peak: int, device: str, free: int) -> None:
    answer = {
        "steps": [asdict(line) for line in lines],
        "seconds": sum(line.seconds for line in lines),
        "disk_bytes": sum(line.disk_bytes for line in lines),
        "free_bytes": free,
        "peak_memory_bytes": peak,
        "device": device,
    }
    print(text.dumps(answer, indent=1))


def _print_table(lines: Sequence[Line], peak: int, device: str, free: int) -> None:
    table = Table(title=f"what a run would take on {device}")
    for title in ("step", "of", "time", "disk"):
        table.add_column(title, justify="left" if title in ("step", "of") else "right")
    for line in lines:
        table.add_row(
            line.step,
            line.amount,
            format_seconds(line.seconds),
            f"{line.disk_bytes / 1e6:,.0f} MB",
        )
    seconds = sum(line.seconds for line in lines)
    disk = sum(line.disk_bytes for line in lines)
    table.add_section()
    table.add_row("all", "", format_seconds(seconds), f"{disk / 1e6:,.0f} MB")
    console = Console(width=100)
    console.print(table)
    console.print(f"memory {peak / 1e9:.1f} GB at most; {free / 1e9:,.0f} GB of disk are free")
