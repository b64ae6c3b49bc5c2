"""`handseg experiment`: a table of arms, trained, predicted, scored and compared."""

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Literal

from handseg import program, provenance, pseudonyms
from handseg.commands import networks, score
from handseg.commands.alone import alone_in
from handseg.commands.experiment_members import Places, steps, take
from handseg.commands.experiment_scores import Scored, score_all
from handseg.dataset import layout
from handseg.errors import BadInput
from handseg.experiments import page, plan, results
from handseg.experiments import table as tables
from handseg.experiments.arm import Table
from handseg.experiments.plan import Run
from handseg.provenance import Origin
from handseg.settings import SplitSettings
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
INCOMPLETE = 1


def experiment(
    table: str,
    *,
    data: Location,
    out: Location,
    arms: list[str] | None = None,
    folds: list[int] | None = None,
    part: Literal["oof", "test"] | None = None,
) -> int:
    """Run a table of experiments: arms that differ in what is to be compared, and nothing else.

    Every training runs in a process of its own; arms share caches and trainings wherever their
    settings are the same. Killed anywhere and called again it goes on; complete, it trains
    nothing. OUT/report.html has one table and one figure: Dice in the mean and per bone, paired
    difference with an interval over people, time, memory, parameters. OUT/results.parquet has one
    row for each arm, fold, seed and image.

    Args:
        table: A table's name, or the path of a YAML file of the same form.
        data: Folder with train/ and, where there is one, test/ in the competition's layout.
        out: Local folder of the experiment.
        arms: Only these arms, with those they are compared to and those that vote in them.
        folds: Of each arm only these folds; an arm that has none of them keeps its own.
        part: Whose images are scored: the held-out ones (oof), or the test part's, where
            test/outputs_json has their truth; by default as the table says.

    Returns:
        0, or 1 where an arm could not be trained or scored; the report says which and why.
    """
    started = datetime.now(UTC)
    chosen = tables.narrowed(tables.load(table), arms=arms or (), folds=folds or (), part=part)
    runs = plan.runs(chosen)
    root, places = raw.reading_raw(data), Places(data, Location(str(out.path)))
    name_of = pseudonyms.from_environment().of
    people = _people(layout.renamed(layout.scan(root), name_of), chosen)
    if chosen.part == "test":
        score.truth_of(root, list(people))
    _check(runs, chosen, places)
    with alone_in(out.path) as lock:
        todo = steps(runs, places, chosen.part, SplitSettings(folds=chosen.folds))
        trainings = sum(step.stage == "train" for step in todo)
        logger.info(
            "%s: %d arms, %d predictions, %d trainings",
            chosen.name, len(chosen.arms), len(runs), trainings,
        )  # fmt: skip
        failed = take(todo, lock)
        scored = score_all(runs, places, chosen.part, truth=root, people=people, failed=failed)
        _write(chosen, scored, places, started)
    logger.info("done: %s and %s", out.child("report.html"), out.child("results.parquet"))
    return INCOMPLETE if scored.failures else 0


def _people(records: list[layout.ImageRecord], table: Table) -> dict[str, str]:
    """The person of each image that may be scored."""
    part = "test" if table.part == "test" else "train"
    found = {record.name: record.person for record in records if record.part == part}
    if not found:
        raise BadInput(f"table {table.name}: the data has no test part; give --part oof")
    return found


def _check(runs: list[Run], table: Table, places: Places) -> None:
    """Refuse before the first step what would be refused after the last."""
    for run in runs:
        if run.weights != "chosen":
            continue
        if table.part == "oof":
            raise BadInput(
                f"{run.title}: weights chosen on out-of-fold predictions cannot be scored on the "
                "same; give --part test, or other --arms (`handseg select` states a nested "
                "estimate)"
            )
        if len({member.cache for member in run.members}) > 1:
            raise BadInput(
                f"{run.title}: weights are chosen on one image cache, and its members have several "
                "preprocess settings; give other weights, or members alike in these"
            )
    # Those that vote are arms of the table too.
    waiting = {
        run.title: run.members[0].train
        for run in runs
        if len(run.members) == 1 and not artifact.exists(places.checkpoint(run.members[0]))
    }
    if waiting:
        networks.check(waiting)


def _write(table: Table, scored: Scored, places: Places, started: datetime) -> None:
    settings = asdict(table)
    with artifact.reading(places.folds) as folds:
        parents = {"folds": artifact.content_hash(folds)}
    for number, csv in enumerate(scored.predictions):
        parents[f"predictions_{number}"] = artifact.content_hash(csv)
    record = provenance.record(
        stage="experiment",
        settings=settings,
        parents=parents,
        origin=Origin.of(scored.predictions),
        started=started,
        extra={"failures": scored.failures},
    )
    with artifact.writing(places.out.child("results.parquet"), folder=False, replace=True) as path:
        results.write(path, scored.runs, {"table": settings})
        provenance.write(path, record)
    html = page.render(table, scored.runs, failures=scored.failures, commit=program.commit())
    with artifact.writing(places.out.child("report.html"), folder=False, replace=True) as path:
        path.write_text(html, encoding="utf-8")
        provenance.write(path, record)
