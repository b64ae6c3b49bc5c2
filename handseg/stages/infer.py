"""Stage four: predict one part of the images by one member, into its probability store."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import get_args

from handseg import provenance
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images import cache_index
from handseg.images.cache import ImageCache
from handseg.images.cache_stream import StreamedCache
from handseg.inference import device as devices
from handseg.inference import filling
from handseg.inference.filling import Part
from handseg.inference.shard import WHOLE, Shard
from handseg.provenance import Origin, Start
from handseg.settings import InferSettings
from handseg.storage import artifact, ranged
from handseg.storage.location import Location
from handseg.training import checkpoint as checkpoints
from handseg.training.checkpoint import Card

logger = logging.getLogger(__name__)


def infer(
    *,
    checkpoint: Location,
    cache: Location,
    part: Part,
    out: Location,
    folds: Location | None = None,
    settings: InferSettings = InferSettings(),  # noqa: B008 - frozen
    shard: str = WHOLE,
) -> None:
    """Predict the probabilities of one part by one member; complete, it does nothing.

    Args:
        checkpoint: Checkpoint folder that `train` wrote.
        cache: Image cache that the member was trained on; of one under s3:// the images asked for
            alone are read, each verified by its CRC-32, while those before are predicted.
        part: The test images, or the images of the member's held-out fold (oof).
        out: Probability store to write.
        folds: Fold table that the member was trained with; needed for oof.
        settings: How to predict.
        shard: Share I/N of the part's batches, in the cache's order; `handseg merge` joins all N.

    Raises:
        BadInput: cache or fold table are not those the member was trained with, the part holds no
            image (or the shard would), oof is asked for without a fold table, the checkpoint is
            damaged, or a GPU is absent.
        MissingInput: an input is not there.
        OutOfGpuMemory: names batch and size.
    """
    started, share = Start.now(), Shard.parse(shard)
    _check_asked(part, out, settings)
    with ExitStack() as opened:
        checkpoint_path = opened.enter_context(artifact.reading(checkpoint, verify=True))
        images, cache_hash = _images(cache, opened)
        folds_path = opened.enter_context(artifact.reading(folds)) if folds else None
        card = checkpoints.load_card(checkpoint_path)
        parents = {"checkpoint": artifact.content_hash(checkpoint_path), "cache": cache_hash}
        parents["folds"] = artifact.content_hash(folds_path) if folds_path else card.folds
        _check_trained_with(card, parents, cache, folds)
        recorded = {**provenance.settings_dict(settings), "part": part, **share.recorded()}
        if provenance.is_done(out, stage="infer", settings=recorded, parents=parents):
            logger.info("%s is complete: nothing to infer", out)
            return
        names = share.of(_names(card, images, part, folds_path), block=settings.batch_size)
        network, _ = checkpoints.load_model(checkpoint_path)
        with artifact.writing(out, folder=True) as folder:
            made = filling.store_card(card, part, parents["checkpoint"], settings)
            filled = filling.fill(
                folder, made, network=network, cache=images, names=names, settings=settings
            )
            record = provenance.record(
                stage="infer", settings=recorded, parents=parents,
                origin=Origin.of([checkpoint_path]), started=started, device=filled.device,
                extra=filled.record(),
            )  # fmt: skip
            provenance.write(folder, record)
        logger.info("%s: %d images by %s on %s", out, len(names), card.name, filled.device)


def _check_asked(part: str, out: Location, settings: InferSettings) -> None:
    """Refuse at once what no input is needed for."""
    if part not in get_args(Part):
        raise BadInput(f"part is {part!r}; give one of {', '.join(get_args(Part))}")
    artifact.require_writable(out)
    if not artifact.exists(out):
        devices.choose_device(settings.device)


def _images(cache: Location, opened: ExitStack) -> tuple[ImageCache | StreamedCache, str]:
    """The cache, here or from afar, and its content hash."""
    afar = ranged.open_folder(cache)
    if afar is None:
        path = opened.enter_context(artifact.reading(cache))
        return ImageCache(path), artifact.content_hash(path)
    text = afar.read(cache_index.FILE_NAME)
    index = cache_index.parse(text, str(cache.child(cache_index.FILE_NAME)))
    return StreamedCache(index, afar.read_range, str(cache)), afar.content_hash


def _check_trained_with(
    card: Card, parents: dict[str, str], cache: Location, folds: Location | None
) -> None:
    """Refuse another cache or fold table than the member's, by their content hashes."""
    for name, words, place, trained in (
        ("cache", "cache", cache, card.cache),
        ("folds", "fold table", folds, card.folds),
    ):
        if parents[name] != trained:
            raise BadInput(
                f"{place}: is not the {words} that member {card.name} was trained with (hash "
                f"{parents[name][:12]}, in its card {trained[:12]}); give that one, or train again"
            )


def _names(
    card: Card, images: ImageCache | StreamedCache, part: Part, folds_path: Path | None
) -> list[str]:
    """Images of a part, in the cache's order."""
    if part == "test":
        names = images.names("test")
        if not names:
            raise BadInput("the cache holds no test images; give --part oof, or data with a test/")
        return names
    if folds_path is None:
        raise BadInput("part is oof, which needs the fold table; give --folds")
    held_out = set(FoldTable.read(folds_path).held_out(card.fold))
    return [name for name in images.names("train") if name in held_out]
