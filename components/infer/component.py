"""The infer stage as KFP sees it."""

from typing import Any

from kfp import dsl

from components.images import GPU_IMAGE


@dsl.component(base_image=GPU_IMAGE, install_kfp_package=False)
def infer(
    checkpoint: dsl.Input[dsl.Model],
    cache: dsl.Input[dsl.Dataset],
    folds: dsl.Input[dsl.Dataset],
    part: str,
    settings: dict[str, Any],
    member: dict[str, Any],
    lineage: str,
    store: dsl.Output[dsl.Dataset],
    shard: str = "1/1",
) -> None:
    """Predict the probabilities of one part by one member."""
    from typing import cast

    from handseg import settings_codec, summary
    from handseg.settings import InferSettings
    from handseg.stages.infer import infer
    from handseg.storage import launched, location

    out = location.parse(store.path)
    infer(
        checkpoint=launched.locate(checkpoint),
        cache=launched.locate(cache),
        folds=launched.locate(folds).child("folds.csv"),
        part=cast("Any", part),
        out=out,
        settings=settings_codec.from_dict(InferSettings, settings),
        shard=shard,
    )
    store.metadata.update(summary.of_origin(out.path))
