"""Time and disk of each step of a run, from what a few images and steps take."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handseg import folds
from handseg.commands import sample
from handseg.commands.sample import Sampled
from handseg.dataset.layout import ImageRecord
from handseg.images import reading, room
from handseg.images.cache import ImageCache
from handseg.presets.catalogue import Member, Preset
from handseg.report import wording
from handseg.settings import TrainSettings
from handseg.training import rates, schedule
from handseg.training.rates import TrainingRates

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


def reckon(preset: Preset, records: Sequence[ImageRecord]) -> tuple[list[Line], int, str]:
    """Take a few images through the stages and each kind of member through some steps.

    Args:
        preset: of the run.
        records: of the data set.

    Returns:
        Steps in order, peak memory in bytes, and the device that would train.

    Raises:
        BadInput: an image of the sample has faults, or a setting cannot be right.
    """
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
            amount=wording.count(len(voted), "image"),
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
    amount = wording.count(images, "image")
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
        amount = f"{wording.count(images, 'image')}, {settings.length:g} min"
        seconds = settings.length * 60
    else:
        course = schedule.plan_counted(settings, images)
        seconds = sum(s * n for s, n in zip(found.step_s, course.steps, strict=True))
        validations = sum(
            schedule.validates_after(settings, course, s) for s in range(course.total)
        )
        seconds += validations * (held_out + 4) * found.image_s
        parts = ((images, "image"), (course.total, "step"), (validations, "validation"))
        amount = ", ".join(wording.count(number, noun) for number, noun in parts)
    values = found.parameters * _VALUE_BYTES
    return Line(
        step=f"train {member.name}",
        amount=amount,
        seconds=seconds + held_out * found.image_s + _START_S,
        disk_bytes=2 * values
        + _STATE_COPIES * _OPTIMISER_VALUES * values
        + round(store_pixels * room.STORE_BYTES_PER_PIXEL),
    )


def _infer_line(member: Member, found: TrainingRates, pixels: Sequence[int]) -> Line:
    return Line(
        step=f"infer {member.name}",
        amount=wording.count(len(pixels), "image"),
        seconds=len(pixels) * found.image_s,
        disk_bytes=round(sum(pixels) * room.STORE_BYTES_PER_PIXEL),
    )
