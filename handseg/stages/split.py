"""Stage one: people are split into folds, once and for all later stages."""

import logging
from collections.abc import Sequence

from handseg import folds, provenance, pseudonyms
from handseg.dataset import layout, twins
from handseg.dataset.layout import ImageRecord
from handseg.dataset.refusal import refuse
from handseg.provenance import Origin, Start
from handseg.settings import SplitSettings
from handseg.storage import artifact, raw
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_STAGE = "split"


def split(
    *,
    data: Location,
    out: Location,
    person_key: str | None = None,
    settings: SplitSettings = SplitSettings(),  # noqa: B008 - frozen
) -> None:
    """Split people into folds of equal image counts; complete, it does nothing.

    Args:
        data: Folder with train/ in the competition's layout; a test part plays no role.
        out: Fold table to write: CSV image_name,person,fold, its SHA-256 beside it.
        person_key: Fingerprint of the key that HANDSEG_PERSON_KEY must hold, empty where it may
            hold none; by default it may hold any, or none.
        settings: How to split.

    Raises:
        BadInput: the data has faults, there are fewer people than folds, or people are to be called
            otherwise than in `out`.
    """
    started, hidden = Start.now(), pseudonyms.from_environment()
    hidden.expect(person_key)
    hidden.check(out, provenance.parents_of(out))
    artifact.require_writable(out)
    listed = [r for r in layout.scan(raw.reading_raw(data)) if r.part == "train"]
    records = layout.renamed(listed, hidden.of)
    hashes = layout.file_hashes(records)
    parents = {"train_part": layout.combine(records, hashes), **hidden.recorded()}
    recorded = provenance.settings_dict(settings)
    if provenance.is_done(out, stage=_STAGE, settings=recorded, parents=parents):
        logger.info("%s is complete: nothing to do", out)
        return
    _check_twins(records, [image for image, _ in hashes])
    # By the ids, so that a key changes no fold.
    assigned = folds.assign_folds([(r.name, r.person) for r in listed], settings.folds)
    table = assigned.renamed(hidden.of)
    sizes = [len(table.held_out(fold)) for fold in range(table.count)]
    people = len({r.person for r in records})
    with artifact.writing(out, folder=False) as path:
        table.write(path)
        record = provenance.record(
            stage=_STAGE,
            settings=recorded,
            parents=parents,
            origin=Origin(data=(parents["train_part"],), folds=(artifact.content_hash(path),)),
            started=started,
            extra={"people": people, "images_per_fold": sizes},
        )
        provenance.write(path, record)
    logger.info("%s: %d people, images per fold %s", out, people, sizes)


def _check_twins(records: Sequence[ImageRecord], hashes: Sequence[str]) -> None:
    """Refuse one file under two people; `preprocess` finds the same pixels in different files."""
    faults, _ = twins.find_twins(records, hashes)
    refuse(faults)
