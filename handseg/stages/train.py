"""Stage three: train one member on the people outside its held-out fold, then predict that fold."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from handseg import provenance
from handseg.errors import BadInput
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference import filling
from handseg.provenance import Origin, Start
from handseg.settings import InferSettings, TrainSettings
from handseg.storage import artifact, location, raw, snapshot
from handseg.storage.location import S3, Location
from handseg.training import checkpoint, distributed, loop, readiness
from handseg.training import processes as launcher
from handseg.training import resume as states
from handseg.training.call import Call
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from handseg.training.stopping import Ending
from handseg.training.task import Task
from handseg.training.warm_start import Source

logger = logging.getLogger(__name__)


def train(
    *,
    cache: Location,
    folds: Location,
    fold: int,
    out: Location,
    oof: Location | None = None,
    state: Location | None = None,
    name: str = "",
    warm_start: Location | None = None,
    allow_seen: bool = False,
    resume: bool = False,
    allow_changes: bool = False,
    limit_minutes: float = 0.0,
    processes: int = 1,
    settings: TrainSettings = TrainSettings(),  # noqa: B008 - frozen
) -> None:
    """Train one member, then predict the fold it held out.

    Run again it goes on where it stopped; complete, it does nothing. With `processes`, or under
    torchrun, it trains on several GPUs of the node. The environment names trackers that are told
    its course: HANDSEG_TENSORBOARD a folder, HANDSEG_MLFLOW the URI of a tracking server.

    Args:
        cache: Image cache that `preprocess` wrote.
        folds: Fold table that `split` wrote.
        fold: The held-out fold, from 0.
        out: Checkpoint folder to write.
        oof: Probability store of the held-out fold to write; by default OUT.oof.
        state: Folder of the training's state, from which it goes on; by default OUT.partial, which
            is removed in the end. One named here stays, and under s3:// outlives a lost machine.
        name: The member's name in reports; by default the name of OUT.
        warm_start: Checkpoint folder whose weights to begin with, as far as they match; refused
            where it has seen people of the held-out fold.
        allow_seen: Begin with it even so; the card then names these people.
        resume: Only go on with what was begun; refused where its state is not there.
        allow_changes: Go on with another augment, learning_rate, precision, schedule,
            validate_every, warmup_fraction or weight_decay than before; the card then tells of it.
            (checkpoint_minutes, compile, device, threads and workers may always change.)
        limit_minutes: Minutes after which this call saves the training's state and ends with exit
            code 4, for the same command to go on; 0 is no limit.
        processes: Processes that train together, each on a GPU of its own; 0 is one for each GPU
            there is. They share settings.batch_size.
        settings: How to train.
    """
    given = {
        "cache": cache, "folds": folds, "fold": fold, "out": out, "oof": oof, "state": state,
        "name": name, "warm_start": warm_start, "allow_seen": allow_seen, "settings": settings,
        "call": Call(resume=resume, allow_changes=allow_changes, limit_minutes=limit_minutes),
    }  # fmt: skip
    for place in (out, oof or _beside(out, "oof")):
        artifact.require_writable(place)
    if not artifact.exists(out):
        # What can be known before anything is fetched.
        readiness.require(settings)
        if resume and not snapshot.exists(place := state or _beside(out, "partial")):
            raise states.nothing_begun(place)
    launcher.run(run_member, given, processes=launcher.count(processes, settings.device))


def run_member(
    *,
    cache: Location,
    folds: Location,
    fold: int,
    out: Location,
    oof: Location | None = None,
    state: Location | None = None,
    name: str = "",
    warm_start: Location | None = None,
    allow_seen: bool = False,
    call: Call | None = None,
    settings: TrainSettings,
    on_validation: Callable[[Measurement, Lap], None] | None = None,
) -> None:
    """Do what `train` does with the same arguments, and tell of every validation.

    Args:
        cache: see `train`, as for all that follow.
        folds: fold table.
        fold: held out.
        out: checkpoint.
        oof: store.
        state: of the training.
        name: of the member.
        warm_start: checkpoint to begin with.
        allow_seen: whatever that has seen.
        call: how this call goes about it.
        settings: of the training.
        on_validation: called with each new line of the history, of which `dice` is the mean on the
            held-out fold, and what it took; what it raises ends the training, which the same call
            resumes. A search of settings prunes its trials so.

    Raises:
        BadInput: `allow_seen` is given without `warm_start`, and see `train`.
        MissingInput: the call is only to go on, and there is nothing.
        TimedOut: its limit was reached; the state was saved first.
    """
    if allow_seen and warm_start is None:
        raise BadInput("allow_seen says something of warm_start alone; give that, or neither")
    with ExitStack() as stack:
        places = {"cache": cache, "folds": folds}
        paths = {name: stack.enter_context(artifact.reading(at)) for name, at in places.items()}
        parents = {name: artifact.content_hash(path) for name, path in paths.items()}
        source = None
        if warm_start is not None:
            folder = stack.enter_context(artifact.reading(warm_start, verify=True))
            parents["warm_start"] = artifact.content_hash(folder)
            source = Source(folder=folder, content=parents["warm_start"], allow_seen=allow_seen)
        member = _Member(
            name=name or out.name, fold=fold, images=ImageCache(paths["cache"]),
            table=FoldTable.read(paths["folds"]), parents=parents, settings=settings, source=source,
            origin=Origin(data=Origin.of([paths["cache"]]).data, folds=(parents["folds"],)),
            on_validation=on_validation, call=call or Call(),
        )  # fmt: skip
        member.train(out, state)
        if distributed.rank() == 0:
            member.predict_held_out(out, oof or _beside(out, "oof"))


def _beside(out: Location, ending: str) -> Location:
    return out.sibling(f"{out.name}.{ending}")


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One member with all it is made from, opened."""

    name: str
    fold: int
    images: ImageCache
    table: FoldTable
    parents: dict[str, str]
    origin: Origin
    settings: TrainSettings
    source: Source | None
    on_validation: Callable[[Measurement, Lap], None] | None
    call: Call

    def train(self, out: Location, state: Location | None) -> None:
        """Leave the checkpoint folder at `out`."""
        allowed = {"allow_seen": True} if self.source and self.source.allow_seen else {}
        own = {"fold": self.fold, "name": self.name, **allowed}
        settings = {**provenance.settings_dict(self.settings), **own}
        started, place = Start.now(), state or _beside(out, "partial")
        if self._is_complete(out, settings):
            if distributed.rank() == 0:
                snapshot.tidy(place, keeps=state is not None)
            return
        opened = snapshot.working(place, pushes=distributed.rank() == 0)
        with opened as (folder, push):
            # Who held the state may have ended since. (torchrun's processes would have to agree.)
            if distributed.ranks() == 1 and self._is_complete(out, settings):
                return
            if self.call.resume and not states.has_begun(folder):
                raise states.nothing_begun(place)
            trained = loop.train(self._task(folder, push))
            if trained is None:
                return
            with artifact.writing(out, folder=True) as path:
                trained.publish(path)
                record = provenance.record(
                    stage="train", settings=settings, parents=self.parents, origin=self.origin,
                    started=started, device=trained.card.device, extra=trained.record(),
                )  # fmt: skip
                provenance.write(path, record)
            if state is None:
                snapshot.remove_tree(place)

    def _is_complete(self, out: Location, settings: dict[str, object]) -> bool:
        done = provenance.is_done(out, stage="train", settings=settings, parents=self.parents)
        if done:
            logger.info("%s is complete: nothing to train", out)
        return done

    def _task(self, folder: Path, push: Callable[[Path], None]) -> Task:
        return Task(
            name=self.name, cache=self.images, table=self.table, fold=self.fold, folder=folder,
            settings=self.settings, cache_hash=self.parents["cache"],
            folds_hash=self.parents["folds"], on_checkpoint=push,
            ending=Ending(self.name, self.call), call=self.call,
            warm_start=self.source, pretrained_folder=self._pretrained(folder),
            on_validation=self.on_validation,
        )  # fmt: skip

    def _pretrained(self, folder: Path) -> Path | None:
        """Fetch what the settings name under s3://, unless the training has begun already."""
        where = self.settings.model.pretrained
        if not where.startswith(S3) or states.has_begun(folder):
            return None
        return raw.reading_raw(location.parse(where))

    def predict_held_out(self, out: Location, oof: Location) -> None:
        """Leave the probability store of the held-out fold at `oof`."""
        started, how = Start.now(), self.settings
        settings = InferSettings(device=how.device, precision=how.precision, threads=how.threads)
        with artifact.reading(out, verify=True) as path:
            own = {name: self.parents[name] for name in ("cache", "folds")}
            parents = {**own, "checkpoint": artifact.content_hash(path)}
            recorded = {**provenance.settings_dict(settings), "part": "oof"}
            if provenance.is_done(oof, stage="infer", settings=recorded, parents=parents):
                logger.info("%s is complete: nothing to predict", oof)
                return
            network, card = checkpoint.load_model(path)
            with artifact.writing(oof, folder=True) as folder:
                filled = filling.fill(
                    folder, filling.store_card(card, "oof", parents["checkpoint"], settings),
                    network=network, cache=self.images, names=self.table.held_out(self.fold),
                    settings=settings,
                )  # fmt: skip
                record = provenance.record(
                    stage="infer", settings=recorded, parents=parents, origin=self.origin,
                    started=started, device=filled.device, extra=filled.record(),
                )  # fmt: skip
                provenance.write(folder, record)
