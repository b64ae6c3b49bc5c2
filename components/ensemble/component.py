"""The ensemble stage as KFP sees it, and the report on the run."""

from typing import Any

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def ensemble(
    stores: dsl.Input[list[dsl.Dataset]],
    cache: dsl.Input[dsl.Dataset],
    folds: dsl.Input[dsl.Dataset],
    checkpoints: dsl.Input[list[dsl.Model]],
    oof: dsl.Input[list[dsl.Dataset]],
    weights: list[float],
    settings: dict[str, Any],
    run_name: str,
    lineage: str,
    submission: dsl.Output[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
    markdown: dsl.Output[dsl.Markdown],
) -> None:
    """Choose how to vote if asked, vote, write the submission, and report on the run."""
    from handseg import settings_codec, summary
    from handseg.settings import EnsembleSettings
    from handseg.stages.ensemble import ensemble
    from handseg.stages.report import report as write_report
    from handseg.stages.select import select
    from handseg.storage import launched, location

    csv = location.parse(submission.path).child("submission.csv")
    how = settings_codec.from_dict(EnsembleSettings, settings)
    table = launched.locate(folds).child("folds.csv")
    pixels = launched.locate(cache)
    members = [launched.locate(checkpoint) for checkpoint in checkpoints]
    held_out = [launched.locate(store) for store in oof]
    voters = [launched.locate(store) for store in stores]
    given = weights or None
    choice = None
    if how.select:
        choice = csv.sibling("choice.json")
        select(
            members=members, stores=held_out, cache=pixels, folds=table, out=choice,
            weights=given, settings=how,
        )  # fmt: skip
    ensemble(stores=voters, out=csv, weights=given, choice=choice, settings=how, shard="1/1")
    write_report(
        cache=pixels, folds=table, members=members, stores=held_out, submission=csv,
        out=location.parse(report.path), markdown=location.parse(markdown.path),
    )  # fmt: skip
    submission.metadata.update(summary.of_origin(csv.path), run_name=run_name)
    report.metadata["run_name"] = run_name
