"""The split stage as KFP sees it."""

from typing import Any

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def split(
    data_uri: str,
    lineage: str,
    person_key: str,
    no_images: bool,
    settings: dict[str, Any],
    folds: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    eda: dsl.Output[dsl.Artifact],
    eda_page: dsl.Output[dsl.HTML],
) -> None:
    """Assign every person to a fold, and look at the data; folds.csv lies in `folds`."""
    from handseg import settings_codec, summary
    from handseg.settings import SplitSettings
    from handseg.stages.eda import eda as look
    from handseg.stages.split import split
    from handseg.storage import location

    table = location.parse(folds.path).child("folds.csv")
    chosen = settings_codec.from_dict(SplitSettings, settings)
    split(data=location.parse(data_uri), out=table, person_key=person_key, settings=chosen)
    look(
        data=location.parse(data_uri), out=location.parse(eda.path),
        html=location.parse(eda_page.path), person_key=person_key, no_images=no_images,
    )  # fmt: skip
    folds.metadata.update(summary.of_origin(table.path))
    metrics.metadata.update(summary.of_folds(table.path))
