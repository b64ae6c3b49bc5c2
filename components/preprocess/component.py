"""The preprocess stage as KFP sees it."""

from typing import Any

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def preprocess(
    data_uri: str,
    lineage: str,
    person_key: str,
    folds: dsl.Input[dsl.Dataset],
    settings: dict[str, Any],
    cache: dsl.Output[dsl.Dataset],
) -> None:
    """Adjust every image at full size and write the image cache."""
    from handseg import settings_codec, summary
    from handseg.settings import PreprocessSettings
    from handseg.stages.preprocess import preprocess
    from handseg.storage import launched, location

    out = location.parse(cache.path)
    preprocess(
        data=location.parse(data_uri),
        folds=launched.locate(folds).child("folds.csv"),
        out=out,
        person_key=person_key,
        settings=settings_codec.from_dict(PreprocessSettings, settings),
    )
    cache.metadata.update(summary.of_origin(out.path))
