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
    no_images: bool,
    lineage: str,
    submission: dsl.Output[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
    markdown: dsl.Output[dsl.Markdown],
    confusion: dsl.Output[dsl.ClassificationMetrics],
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
    members = [launched.locate(checkpoint) for checkpoint in checkpoints]
    held_out = [launched.locate(store) for store in oof]
    votes = [launched.locate(store) for store in stores]
    rule = None
    if how.select:
        rule = csv.sibling("choice.json")
        select(
            members=members, stores=held_out, cache=launched.locate(cache), folds=table, out=rule,
            weights=weights or None, settings=how,
        )  # fmt: skip
    ensemble(stores=votes, out=csv, weights=weights or None, choice=rule, settings=how, shard="1/1")
    write_report(
        cache=launched.locate(cache), folds=table, members=members, stores=held_out, voters=votes,
        submission=csv, out=location.parse(report.path), markdown=location.parse(markdown.path),
        confusion=location.parse(confusion.path), no_images=no_images,
    )  # fmt: skip
    confusion.log_confusion_matrix(*summary.of_confusion(location.parse(confusion.path).path))
    submission.metadata.update(summary.of_origin(csv.path), run_name=run_name)
    report.metadata["run_name"] = run_name
