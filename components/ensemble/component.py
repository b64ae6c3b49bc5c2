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
    submission: dsl.Output[dsl.Dataset],
    report: dsl.Output[dsl.HTML],
    markdown: dsl.Output[dsl.Markdown],
) -> None:
    """Vote over all members, write the submission, and report on the run."""
    from handseg import settings_codec, summary
    from handseg.settings import EnsembleSettings
    from handseg.stages.ensemble import ensemble
    from handseg.stages.report import report as write_report
    from handseg.storage import launched, location

    csv = location.parse(submission.path).child("submission.csv")
    ensemble(
        stores=[launched.locate(store) for store in stores],
        out=csv,
        weights=weights or None,
        settings=settings_codec.from_dict(EnsembleSettings, settings),
    )
    write_report(
        cache=launched.locate(cache),
        folds=launched.locate(folds).child("folds.csv"),
        members=[launched.locate(checkpoint) for checkpoint in checkpoints],
        stores=[launched.locate(store) for store in oof],
        submission=csv,
        out=location.parse(report.path),
        markdown=location.parse(markdown.path),
    )
    submission.metadata.update(summary.of_origin(csv.path), run_name=run_name)
    report.metadata["run_name"] = run_name
