"""Stage one: people are split into folds, once and for all later stages."""

import logging
from datetime import UTC, datetime

from handseg import folds, provenance
from handseg.dataset import layout
from handseg.settings import SplitSettings
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)


def split(
    *,
    data: Location,
    out: Location,
    settings: SplitSettings = SplitSettings(),  # noqa: B008 - frozen
) -> None:
    """Split people into folds of equal image counts; complete, it does nothing.

    Args:
        data: Folder with train/ in the competition's layout.
        out: Fold table to write: CSV image_name,person,fold, its SHA-256 beside it.
        settings: How to split.
    """
    started = datetime.now(UTC)
    records = [r for r in layout.scan(raw.reading_raw(data)) if r.part == "train"]
    parents = {"data": layout.data_hash(records)}
    recorded = provenance.settings_dict(settings)
    if provenance.is_done(out, stage="split", settings=recorded, parents=parents):
        logger.info("%s is complete: nothing to split", out)
        return
    table = folds.assign_folds([(r.name, r.person) for r in records], settings.folds)
    with artifact.writing(out, folder=False) as path:
        table.write(path)
        record = provenance.record(
            stage="split", settings=recorded, parents=parents, started=started
        )
        provenance.write(path, record)
    sizes = [len(table.held_out(fold)) for fold in range(table.count)]
    people = len({r.person for r in records})
    logger.info("%s: %d people, images per fold %s", out, people, sizes)
