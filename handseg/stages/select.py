"""Before the vote: choose on out-of-fold predictions how members vote, and say what that gains."""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from handseg import provenance
from handseg.ensemble import choice as choices
from handseg.ensemble import families, selection
from handseg.ensemble.choice import Choice
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.provenance import Origin, Start
from handseg.report import card as cards
from handseg.settings import EnsembleSettings
from handseg.storage import artifact
from handseg.storage.location import Location

logger = logging.getLogger(__name__)
_STAGE = "select"


def select(
    *,
    members: list[Location],
    stores: list[Location],
    cache: Location,
    folds: Location,
    out: Location,
    weights: list[float] | None = None,
    settings: EnsembleSettings = EnsembleSettings(),  # noqa: B008 - frozen
) -> None:
    """Choose weights, thresholds and cleaning on out-of-fold predictions; complete, do nothing.

    Tried in order, each kept only where it helps people that had no part in choosing it: weights
    of families (members alike but for fold and seed), leaving members out, soft or hard voting, a
    threshold for each bone, keeping the largest region. The gain stated is that of nested folds,
    with an interval over people.

    Args:
        members: Checkpoint folders that `train` wrote.
        stores: The members' out-of-fold probability stores, in the same order.
        cache: Image cache that `preprocess` wrote.
        folds: Fold table that `split` wrote.
        out: JSON file to write, for `ensemble --choice`.
        weights: What the members begin with; by default their validation Dice.
        settings: What the vote begins with.
    """
    started = Start.now()
    artifact.require_writable(out)
    if not members or len(members) != len(stores):
        raise BadInput(
            f"select: {len(members)} members and {len(stores)} stores; give one store per member"
        )
    with ExitStack() as stack:
        trained = [stack.enter_context(artifact.reading(m, verify=True)) for m in members]
        predicted = [stack.enter_context(artifact.reading(s, verify=True)) for s in stores]
        cache_path, folds_path = (stack.enter_context(artifact.reading(p)) for p in (cache, folds))
        made_with = {**provenance.settings_dict(settings), "weights": weights}
        parents = _parents(cache_path, folds_path, trained, predicted)
        if provenance.is_done(out, stage=_STAGE, settings=made_with, parents=parents):
            logger.info("%s is complete: nothing to choose", out)
            return
        opened = [Store(path) for path in predicted]
        found = [cards.read(path) for path in trained]
        _check(opened, parents, FoldTable.read(folds_path))
        names = [member.name for member in found]
        chosen = selection.choose(
            stores=opened,
            families=families.labels(names, [member.train for member in found]),
            cache=ImageCache(cache_path),
            weights=weights,
            settings=settings,
        ).choice
        _tell(chosen)
        with artifact.writing(out, folder=False) as path:
            choices.write(path, chosen)
            record = provenance.record(
                stage=_STAGE, settings=made_with, parents=parents,
                origin=Origin.of([cache_path, *trained, *predicted]), started=started,
            )  # fmt: skip
            provenance.write(path, record)


def _parents(
    cache: Path, folds: Path, trained: Sequence[Path], predicted: Sequence[Path]
) -> dict[str, str]:
    paths = {"cache": cache, "folds": folds}
    for number, (member, store) in enumerate(zip(trained, predicted, strict=True)):
        paths |= {f"member_{number}": member, f"store_{number}": store}
    return {name: artifact.content_hash(path) for name, path in paths.items()}


def _check(stores: Sequence[Store], parents: dict[str, str], table: FoldTable) -> None:
    """Whether each store is of its member, of this cache and fold table, and truly out-of-fold."""
    for number, store in enumerate(stores):
        card = store.card
        for what, found, wanted in (
            ("checkpoint", card.checkpoint, parents[f"member_{number}"]),
            ("image cache", card.cache, parents["cache"]),
            ("fold table", card.folds, parents["folds"]),
        ):
            if found != wanted:
                raise BadInput(
                    f"{store.path}: was made with {what} {found[:12]}, and {wanted[:12]} is given; "
                    "give those it was made with, and stores and members in one order"
                )
        strange = set(store.names) - set(table.held_out(card.fold))
        if strange:
            raise BadInput(
                f"{store.path}: {min(strange)} is not in fold {card.fold}, so the member was "
                "trained on it; make the store again with `handseg infer --part oof`"
            )


def _tell(chosen: Choice) -> None:
    told = chosen.evidence
    for step in told.steps:
        logger.info(
            "%s: %s, Dice %+.4f (%+.4f to %+.4f), kept in %d of %d nested folds: %s",
            step.name,
            "kept" if step.kept else "not kept",
            step.gain.mean,
            step.gain.low,
            step.gain.high,
            step.kept_in,
            told.nested_folds,
            step.result,
        )
    logger.info(
        "chosen on %d images of %d people: out-of-fold Dice %.4f -> %.4f, gain %+.4f (%+.4f to "
        "%+.4f)%s",
        told.images,
        told.people,
        told.given,
        told.chosen,
        told.gain.mean,
        told.gain.low,
        told.gain.high,
        "" if told.helps else "; the vote stays as it was",
    )
