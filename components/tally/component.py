"""The shards of a vote become the submission, as KFP sees it, and the report on the run."""

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def tally(
    shards: dsl.Input[list[dsl.Dataset]],
    stores: dsl.Input[list[dsl.Dataset]],
    cache: dsl.Input[dsl.Dataset],
    folds: dsl.Input[dsl.Dataset],
    checkpoints: dsl.Input[list[dsl.Model]],
    oof: dsl.Input[list[dsl.Dataset]],
    run_name: str,
    no_images: bool,
    lineage: str,
    submission: dsl.Output[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
    markdown: dsl.Output[dsl.Markdown],
    confusion: dsl.Output[dsl.ClassificationMetrics],
) -> None:
    """Join the shards of a vote, and report on the run."""
    from handseg import summary
    from handseg.stages.merge import merge
    from handseg.stages.report import report as write_report
    from handseg.storage import launched, location

    csv = location.parse(submission.path).child("submission.csv")
    merge(shards=[launched.locate(shard).child("submission.csv") for shard in shards], out=csv)
    write_report(
        cache=launched.locate(cache), folds=launched.locate(folds).child("folds.csv"),
        members=[launched.locate(checkpoint) for checkpoint in checkpoints],
        stores=[launched.locate(store) for store in oof],
        voters=[launched.locate(store) for store in stores], submission=csv,
        out=location.parse(report.path), markdown=location.parse(markdown.path),
        confusion=location.parse(confusion.path), no_images=no_images,
    )  # fmt: skip
    confusion.log_confusion_matrix(*summary.of_confusion(location.parse(confusion.path).path))
    submission.metadata.update(summary.of_origin(csv.path), run_name=run_name)
    report.metadata["run_name"] = run_name
