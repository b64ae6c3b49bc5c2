"""Rows of the page's tables."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from handseg import bones
from handseg.ensemble.choice import Interval
from handseg.report.facts import Facts, MemberFacts
from handseg.report.records import StageRun
from handseg.report.rerun import flat
from handseg.report.scores import ImageScore


@dataclass(frozen=True, kw_only=True)
class BoneRow:
    """One bone."""

    class_id: int
    name: str
    group: str
    """Its finger, carpals or forearm."""
    area_px: float
    """Mean area of the truth, in pixels of the images."""
    overall: float
    interval: Interval | None
    """Of that mean, over people; None for too few of them."""
    members: tuple[float, ...]
    spread: tuple[float, float, float, float, float]
    """Least, lower quartile, median, upper quartile and greatest Dice over the images."""


def bone_rows(facts: Facts) -> list[BoneRow]:
    """Dice per bone, in the official order."""
    areas = np.mean([score.areas for score in facts.scores], axis=0)
    dice = np.array([score.overall for score in facts.scores])
    spread = np.quantile(dice, (0, 0.25, 0.5, 0.75, 1), axis=0).T.tolist()
    groups = _groups()
    return [
        BoneRow(
            class_id=class_id,
            name=name,
            group=groups[class_id],
            area_px=float(areas[class_id]),
            overall=float(facts.overall[class_id]),
            interval=facts.intervals[1 + class_id] if facts.intervals else None,
            members=tuple(float(m.per_bone[class_id]) for m in facts.members),
            spread=tuple(spread[class_id]),
        )
        for class_id, name in enumerate(bones.NAMES)
    ]


def _groups() -> dict[int, str]:
    found = {class_id: name for name, ids in bones.GROUPS.items() for class_id in ids}
    return {class_id: found.get(class_id, "") for class_id in range(bones.COUNT)}


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """One out-of-fold image."""

    name: str
    person: str
    mean: float
    worst_bone: str
    worst_dice: float
    members: str
    """Names of the members that held it out."""


def image_rows(scores: Sequence[ImageScore]) -> list[ImageRow]:
    """One row per image, in the order given."""
    return [
        ImageRow(
            name=score.name,
            person=score.person,
            mean=score.mean,
            worst_bone=bones.NAMES[int(np.argmin(score.overall))],
            worst_dice=float(score.overall.min()),
            members=", ".join(score.members),
        )
        for score in scores
    ]


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One setting of every member."""

    name: str
    values: tuple[str, ...]
    differs: bool
    """Whether the members differ in it."""


def setting_rows(members: Sequence[MemberFacts]) -> list[SettingRow]:
    """The complete settings of every member, by dotted name."""
    columns = [flat(asdict(member.card.train)) for member in members]
    rows = []
    for name in columns[0]:
        values = tuple(_text(column[name]) for column in columns)
        rows.append(SettingRow(name=name, values=values, differs=len(set(values)) > 1))
    return rows


def stage_rows(runs: Sequence[StageRun]) -> list[tuple[str, str, str]]:
    """Artifact, dotted name and value of every setting of the stages other than training."""
    return [
        (run.artifact, name, _text(value))
        for run in runs
        if run.stage != "train"
        for name, value in flat(run.settings).items()
    ]


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "(none)"
    return str(value)
