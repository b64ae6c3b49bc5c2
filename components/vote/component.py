"""The ensemble stage as KFP sees it where several tasks share the images."""

from typing import Any

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def vote(
    stores: dsl.Input[list[dsl.Dataset]],
    cache: dsl.Input[dsl.Dataset],
    folds: dsl.Input[dsl.Dataset],
    checkpoints: dsl.Input[list[dsl.Model]],
    oof: dsl.Input[list[dsl.Dataset]],
    weights: list[float],
    settings: dict[str, Any],
    shard: str,
    lineage: str,
    submission: dsl.Output[dsl.Dataset],
) -> None:
    """Choose how to vote if asked, as every shard does from the same inputs, and vote on one."""
    from handseg import settings_codec, summary
    from handseg.settings import EnsembleSettings
    from handseg.stages.ensemble import ensemble
    from handseg.stages.select import select
    from handseg.storage import launched, location

    csv = location.parse(submission.path).child("submission.csv")
    how = settings_codec.from_dict(EnsembleSettings, settings)
    voters = [launched.locate(store) for store in stores]
    given = weights or None
    choice = None
    if how.select:
        choice = csv.sibling("choice.json")
        select(
            members=[launched.locate(checkpoint) for checkpoint in checkpoints],
            stores=[launched.locate(store) for store in oof], cache=launched.locate(cache),
            folds=launched.locate(folds).child("folds.csv"), out=choice, weights=given,
            settings=how,
        )  # fmt: skip
    ensemble(stores=voters, out=csv, weights=given, choice=choice, settings=how, shard=shard)
    submission.metadata.update(summary.of_origin(csv.path))
