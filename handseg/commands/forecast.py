"""`handseg plan`: what a run would take here, before it is started."""

import json as text
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from rich.console import Console
from rich.table import Table

from handseg import folds
from handseg.commands import sample
from handseg.commands.sample import Sampled
from handseg.dataset import layout
from handseg.dataset.layout import ImageRecord
from handseg.images import reading
from handseg.images.cache import ImageCache
from handseg.presets import catalogue
from handseg.presets.catalogue import Member, Preset
from handseg.progress import format_seconds
from handseg.settings import SplitSettings, TrainSettings
from handseg.storage import raw
from handseg.storage.location import Location
from handseg.training import rates, schedule
from handseg.training.rates import TrainingRates

_STORE_BYTES_PER_PIXEL = 0.085
"""Of one member's store, at 29 bones: 0.354 MB for an image of 2048 x 2048."""
_VOTE_S_PER_PIXEL = 2e-9
"""Of one member: 8.4 ms for an image of 2048 x 2048."""
_START_S = 4.0
"""Of a process that loads torch, and of a report's fixed part."""
_REPORT_S = 0.15
"""Seconds an image of the report."""
_STATE_COPIES, _VALUE_BYTES, _OPTIMISER_VALUES = 2, 4, 3
"""A training keeps two states of weights and Adam's two moments, in float32."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One step of the run."""

    step: str
    amount: str
    """What it works on."""
    seconds: float
    disk_bytes: int


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
    lines, peak, device = _reckoned(chosen, records)
    free = shutil.disk_usage(root).free
    (_print_json if json else _print_table)(lines, peak, device, free)
    return 0


def _resolved(preset: Preset) -> dict[str, Any]:
    """Every setting, in the form of a preset's file."""
    values = {key: value for key, value in asdict(preset).items() if key != "name"}
    members = [{k: v for k, v in one.items() if v is not None} for one in values["members"]]
    return {**values, "members": members}


def _reckoned(preset: Preset, records: Sequence[ImageRecord]) -> tuple[list[Line], int, str]:
    """Steps in order, peak memory in bytes, and the device that trains."""
    pixels = {r.name: _pixels(r) for r in records}
    table = folds.assign_folds(
        [(r.name, r.person) for r in records if r.part == "train"], preset.split.folds
    )
    test = [r.name for r in records if r.part == "test"]
    with tempfile.TemporaryDirectory(prefix="handseg-plan-") as place:
        sampled = sample.take(records, preset.preprocess, Path(place))
        cache = ImageCache(sampled.cache)
        measured: list[tuple[TrainSettings, TrainingRates]] = []
        lines = _first_lines(len(records), sum(pixels.values()), sampled)
        for member in preset.members:
            found = _rates(cache, member.train, measured)
            held_out = table.held_out(member.fold)
            counts = (len(table.training(member.fold)), len(held_out))
            store = sum(pixels[name] for name in held_out)
            lines.append(_train_line(member, found, counts, store))
            if test:
                lines.append(_infer_line(member, found, [pixels[name] for name in test]))
    voted = test or [r.name for r in records]
    votes = sum(pixels[name] for name in voted) * (len(preset.members) if test else 1)
    lines.append(
        Line(
            step="ensemble, report",
            amount=f"{len(voted)} images",
            seconds=votes * _VOTE_S_PER_PIXEL + _START_S + _REPORT_S * len(table.rows),
            disk_bytes=4_000_000,
        )
    )
    peak = max(found.peak_bytes for _, found in measured)
    return lines, peak, measured[0][1].device


def _pixels(record: ImageRecord) -> int:
    height, width = reading.png_size(record.image_path)
    return height * width


def _first_lines(images: int, pixels: int, sampled: Sampled) -> list[Line]:
    # check reads every image; split hashes them; eda reads them again.
    looked = 2.5 * sampled.read_s * images
    cache = round(pixels * sampled.cache_bytes_per_pixel)
    amount = f"{images} images"
    return [
        Line(step="check, split, eda", amount=amount, seconds=looked + 1, disk_bytes=2_000_000),
        Line(
            step="preprocess",
            amount=amount,
            seconds=sampled.preprocess_s * images,
            disk_bytes=cache,
        ),
    ]


def _rates(
    cache: ImageCache, settings: TrainSettings, measured: list[tuple[TrainSettings, TrainingRates]]
) -> TrainingRates:
    """Members that differ in fold and name alone are measured once."""
    for known, found in measured:
        if known == settings:
            return found
    measured.append((settings, rates.measure(cache, settings)))
    return measured[-1][1]


def _train_line(
    member: Member, found: TrainingRates, counts: tuple[int, int], store_pixels: int
) -> Line:
    settings, (images, held_out) = member.train, counts
    if settings.unit == "minutes":
        amount, seconds = f"{images} images, {settings.length:g} min", settings.length * 60
    else:
        course = schedule.plan_counted(settings, images)
        seconds = sum(s * n for s, n in zip(found.step_s, course.steps, strict=True))
        validations = sum(
            schedule.validates_after(settings, course, s) for s in range(course.total)
        )
        seconds += validations * (held_out + 4) * found.image_s
        amount = f"{images} images, {course.total} steps, {validations} validations"
    values = found.parameters * _VALUE_BYTES
    return Line(
        step=f"train {member.name}",
        amount=amount,
        seconds=seconds + held_out * found.image_s + _START_S,
        disk_bytes=2 * values
        + _STATE_COPIES * _OPTIMISER_VALUES * values
        + round(store_pixels * _STORE_BYTES_PER_PIXEL),
    )


def _infer_line(member: Member, found: TrainingRates, pixels: Sequence[int]) -> Line:
    return Line(
        step=f"infer {member.name}",
        amount=f"{len(pixels)} images",
        seconds=len(pixels) * found.image_s,
        disk_bytes=round(sum(pixels) * _STORE_BYTES_PER_PIXEL),
    )


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
