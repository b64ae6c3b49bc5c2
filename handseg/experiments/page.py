"""report.html of an experiment: one table, one figure, and what the arms differ in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from handseg import bones
from handseg.experiments import compare, plot
from handseg.experiments.arm import Arm, Table, Training, Vote
from handseg.experiments.compare import Difference, Estimate
from handseg.experiments.results import Cost, RunScores
from handseg.report import heat, wording
from handseg.report.rerun import flat

_GIB, _MIB = 2**30, 2**20
_FEW_PEOPLE = 10
"""Below that, resampled people differ less than new ones would."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One arm of the table."""

    arm: Arm
    dice: Estimate
    per_bone: NDArray[np.float64]
    change: Difference | None
    """None for the arm that others are compared to, and where that one is missing."""
    cost: Cost
    """Means over the arm's trainings; of memory the largest."""
    predictions: int
    """Folds times seeds, or votes."""
    differs: Sequence[str]
    """Settings in which it differs from the arm it is compared to, `key: then -> now`."""


def rows(table: Table, runs: Sequence[RunScores]) -> list[Row]:
    """One row for each arm that has a prediction, in the table's order."""
    found = {arm.name: [run for run in runs if run.arm == arm.name] for arm in table.arms}
    return [
        Row(
            arm=arm,
            dice=compare.mean_dice(found[arm.name]),
            per_bone=compare.per_bone(found[arm.name]),
            change=_change(arm, found),
            cost=_mean_cost(found[arm.name]),
            predictions=len(found[arm.name]),
            differs=_differs(arm, table),
        )
        for arm in table.arms
        if found[arm.name]
    ]


def _change(arm: Arm, found: Mapping[str, Sequence[RunScores]]) -> Difference | None:
    base = found.get(arm.against, []) if arm.against else []
    return compare.difference(found[arm.name], base) if base else None


def _mean_cost(runs: Sequence[RunScores]) -> Cost:
    return Cost(
        seconds=float(np.mean([run.cost.seconds for run in runs])),
        peak_memory_bytes=max(run.cost.peak_memory_bytes for run in runs),
        parameters=round(np.mean([run.cost.parameters for run in runs])),
    )


def _differs(arm: Arm, table: Table) -> list[str]:
    before = _settings(table.arm(arm.against)) if arm.against else {}
    after = _settings(arm)
    return [
        f"{key}: {before[key]} → {value}" if key in before else f"{key}: {value}"
        for key, value in after.items()
        if before.get(key) != value and (before or isinstance(arm.how, Vote))
    ]


def _settings(arm: Arm) -> dict[str, str]:
    """Every setting of an arm as text, by its dotted name."""
    made: dict[str, Any] = {"ensemble": asdict(arm.ensemble)}
    if isinstance(arm.how, Training):
        made |= asdict(arm.how)
    else:
        weights = arm.how.weights
        made["weights"] = weights if isinstance(weights, str) else ", ".join(map(str, weights))
        made["members"] = ", ".join(_voter(voter) for voter in arm.how.voters)
    return {key: str(value) for key, value in flat(made).items()}


def _voter(voter: Any) -> str:
    fold = "" if voter.fold is None else f" fold {voter.fold}"
    seed = "" if voter.seed is None else f" seed {voter.seed}"
    return f"{voter.arm}{fold}{seed}"


def render(
    table: Table, runs: Sequence[RunScores], *, failures: Mapping[str, str], commit: str
) -> str:
    """Lay out the page.

    Args:
        table: what was asked for.
        runs: what was scored.
        failures: why a prediction is missing, by its title.
        commit: of the code.

    Returns:
        A complete HTML document that needs no other file.
    """
    found = rows(table, runs)
    lines = [
        plot.Line(name=row.arm.name, dice=row.dice, per_bone=row.per_bone, change=row.change)
        for row in found
    ]
    people = {p for run in runs for p in run.people}
    return (
        _environment()
        .get_template("experiment.html")
        .render(
            table=table,
            rows=found,
            failures=failures,
            commit=commit,
            images=len({name for run in runs for name in run.image_names}),
            people=len(people),
            seeds=sorted({run.seed for run in runs if run.seed is not None}),
            folds=sorted({run.fold for run in runs if run.fold is not None}),
            # Safe: matplotlib escapes what it writes.
            figure=Markup(plot.draw(lines)) if lines else "",
            bones=bones,
            few_people=_FEW_PEOPLE,
            wording=wording,
        )
    )


def _environment() -> Environment:
    folders = [Path(__file__).parent, Path(__file__).parents[1] / "report"]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        dice=wording.dice,
        duration=wording.duration,
        signed=lambda value: "–" if value != value else f"{value:+.4f}",
        heat=lambda value: f"{heat.of_dice(value):.2f}",
        group=lambda number: f"{number:,}",
        memory=memory,
    )
    return environment


def memory(size: int) -> str:
    """Bytes as a person reads them."""
    return f"{size / _GIB:.1f} GiB" if size >= _GIB else f"{size / _MIB:.0f} MiB"
