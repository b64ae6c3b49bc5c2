"""A training of seconds: its data, its settings, and the stage that runs it."""

from pathlib import Path

import torch

from handseg.errors import HandsegError, Terminated
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.settings import ModelSettings, SplitSettings, TrainSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.stages.train import train
from handseg.storage.location import Location
from handseg.training.call import Call
from handseg.training.stopping import Ending
from handseg.training.task import Task
from tests.drawing import write_tiny_dataset

SETTINGS = TrainSettings(
    model=ModelSettings(name="unet", filters=[4, 8, 12], input_px=32, output_px=32),
    length=6,
    unit="steps",
    batch_size=2,
    learning_rate=1e-2,
    ema=0.5,
    target="coverage",
    validate_every=1,
    precision="float32",
    threads=1,
    workers=0,
)


def make_data(root: Path, *, people: int = 4, folds: int = 2, seed: int = 1) -> Path:
    """Write root/data, root/folds.csv and root/cache; gives root."""
    write_tiny_dataset(root / "data", people=people, size=(40, 48), seed=seed)
    return prepare_data(root, folds=folds)


def prepare_data(root: Path, *, folds: int = 2) -> Path:
    """Write root/folds.csv and root/cache of root/data; gives root."""
    places = {name: Location(str(root / name)) for name in ("data", "folds.csv", "cache")}
    split(data=places["data"], out=places["folds.csv"], settings=SplitSettings(folds=folds))
    preprocess(data=places["data"], folds=places["folds.csv"], out=places["cache"])
    return root


def run(
    made: Path,
    out: Path,
    settings: TrainSettings = SETTINGS,
    *,
    fold: int = 0,
    warm_start: Path | None = None,
    allow_seen: bool = False,
) -> None:
    """Train on what `make_data` made."""
    train(
        cache=Location(str(made / "cache")),
        folds=Location(str(made / "folds.csv")),
        fold=fold,
        out=Location(str(out)),
        warm_start=None if warm_start is None else Location(str(warm_start)),
        allow_seen=allow_seen,
        settings=settings,
    )


class _EndingAt(Ending):
    def __init__(self, step: int, call: Call) -> None:
        super().__init__("tiny", call)
        self._step = step

    def after(self, step: int, device: torch.device) -> HandsegError | None:
        if step == self._step:
            return Terminated(f"tiny: stopped at step {step}, which was saved")
        return super().after(step, device)


def task(
    made: Path,
    folder: Path,
    settings: TrainSettings,
    *,
    stop_at: int = 0,
    call: Call | None = None,
) -> Task:
    """A training that is asked to end at step `stop_at`."""
    call = call or Call()
    folder.mkdir(exist_ok=True)
    return Task(
        name="tiny",
        cache=ImageCache(made / "cache"),
        table=FoldTable.read(made / "folds.csv"),
        fold=0,
        folder=folder,
        settings=settings,
        cache_hash="c",
        folds_hash="f",
        on_checkpoint=lambda _: None,
        ending=_EndingAt(stop_at, call),
        call=call,
    )
