"""The train stage as KFP sees it."""

from typing import Any

from kfp import dsl

from components.images import GPU_IMAGE


@dsl.component(base_image=GPU_IMAGE, install_kfp_package=False)
def train(
    cache: dsl.Input[dsl.Dataset],
    folds: dsl.Input[dsl.Dataset],
    member: dict[str, Any],
    states_uri: str,
    limit_minutes: float,
    lineage: str,
    checkpoint: dsl.Output[dsl.Model],
    oof: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
) -> None:
    """Train one member on the people outside its fold, then predict that fold."""
    from handseg import settings_codec, summary
    from handseg.settings import TrainSettings
    from handseg.stages.train import train
    from handseg.storage import launched, location

    out = location.parse(checkpoint.path)
    train(
        cache=launched.locate(cache),
        folds=launched.locate(folds).child("folds.csv"),
        fold=int(member["fold"]),
        name=member["member_name"],
        out=out,
        oof=location.parse(oof.path),
        state=launched.state(states_uri, member["member_name"]),
        warm_start=None,  # a pipeline's members begin anew
        allow_seen=False,
        resume=False,  # a pod begins, or goes on with what another left
        allow_changes=False,
        limit_minutes=limit_minutes,
        processes=0,  # one for each accelerator of the pod
        settings=settings_codec.from_dict(TrainSettings, member["settings"]),
    )
    checkpoint.metadata.update(summary.of_origin(out.path))
    metrics.metadata.update(summary.of_checkpoint(out.path))
