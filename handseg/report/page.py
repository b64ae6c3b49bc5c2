"""The report as one HTML file that needs nothing else."""

import math
from collections import Counter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handseg import bones
from handseg.findings.finding import IN_IMAGES
from handseg.report import curves, heat, records, reliability, selection, tables, warnings, wording
from handseg.report.curves import Series
from handseg.report.facts import Facts

_LISTED_IMAGES = 500
"""Rows of the table of images; the rest are the best, and the page stays small."""


def render(facts: Facts) -> str:
    """Lay out the report.

    Returns:
        A complete HTML document: no script, style, font or picture comes from anywhere else, and
        every text from the data is escaped.
    """
    rows = tables.bone_rows(facts)
    return (
        _environment()
        .get_template("page.html")
        .render(
            facts=facts,
            bone_rows=rows,
            spread_floor=_floor(min(row.spread[1] for row in rows)),
            image_rows=tables.image_rows(facts.scores[:_LISTED_IMAGES]),
            setting_rows=tables.setting_rows(facts.members),
            stage_rows=tables.stage_rows(facts.runs),
            devices=", ".join(dict.fromkeys(member.run.device for member in facts.members)),
            training_s=sum(member.seconds for member in facts.members),
            voters=Counter(sorted(len(score.members) for score in facts.scores)),
            widest=max(max(f.people_fraction, f.images_fraction) for f in facts.balance),
            sizes=Counter(f"{s.shape[0]} × {s.shape[1]}" for s in facts.scores),
            data_hashes=records.raw_data(facts.runs),
            person_key=records.person_key(facts.runs),
            reliability=reliability,
            reliability_svg=_reliability(facts),
            loss_svg=_loss(facts),
            dice_svg=_dice(facts),
            commits=records.commits(facts.runs),
            versions=records.versions(facts.runs),
            warning_groups=warnings.groups(facts),
            warning_counts=warnings.counts(facts),
            warning_meanings=warnings.looked_for(),
            names_in_images=[name for name in IN_IMAGES if name in warnings.looked_for()],
            heat_legend=heat.LEGEND,
            bones=bones,
            selection=selection,
            wording=wording,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        dice=wording.dice,
        duration=wording.duration,
        heat=lambda value: f"{heat.of_dice(value):.2f}",
        group=lambda number: f"{number:,}",
    )
    return environment


def _floor(lowest_quartile: float) -> float:
    """Where the spread's axis begins: a tenth below every box; single images may lie before it."""
    return max(0, math.ceil(10 * lowest_quartile) - 2) / 10


def _reliability(facts: Facts) -> Markup:
    found = reliability.of_all(facts.calibration)
    return Markup() if found is None else Markup(reliability.draw(found))


def _loss(facts: Facts) -> Markup:
    series = []
    for member in facts.members:
        points = member.card.losses or member.card.history
        series.append(Series(x=[p.epoch for p in points], y=[p.loss for p in points]))
    # Safe: matplotlib escapes what it writes, and no text of the data is in it.
    return Markup(curves.draw(series, x_label="epochs", y_label="training loss", salt="loss"))


def _dice(facts: Facts) -> Markup:
    series = []
    for member in facts.members:
        points = [(p.epoch, p.dice, p.step) for p in member.card.history if p.dice is not None]
        kept = [(epoch, dice) for epoch, dice, step in points if step == member.card.best_step]
        series.append(
            Series(
                x=[epoch for epoch, _, _ in points],
                y=[dice for _, dice, _ in points],
                mark=kept[0] if kept else None,
                beside=[
                    (line.epoch, line.train_dice)
                    for line in member.card.history
                    if line.train_dice is not None
                ],
            )
        )
    return Markup(
        curves.draw(series, x_label="epochs", y_label="Dice, held-out fold", salt="dice", top=1.0)
    )
