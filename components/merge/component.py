"""The merge stage as KFP sees it: one member's shards become its probability store."""

from typing import Any

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def merge(
    shards: dsl.Input[list[dsl.Dataset]],
    member: dict[str, Any],
    lineage: str,
    store: dsl.Output[dsl.Dataset],
) -> None:
    """Join the shards of a probability store."""
    from handseg import summary
    from handseg.stages.merge import merge
    from handseg.storage import launched, location

    out = location.parse(store.path)
    merge(shards=[launched.locate(shard) for shard in shards], out=out)
    store.metadata.update(summary.of_origin(out.path))
