"""Every network learns one synthetic hand by heart, in its smallest form and by the real training.

Logits are trained at 128 pixels for an image of 256, where a finger's tip covers a cell or two of
the maps of stride 4 and 8: the bar says that most bones are found, not that they are sharp.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from handseg.dataset.phantom.writer import write_dataset
from handseg.folds import FoldRow, FoldTable
from handseg.images.cache import ImageCache
from handseg.models import catalogue
from handseg.settings import AugmentSettings, ModelSettings, SplitSettings, TrainSettings
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.storage.location import Location
from handseg.training import loop
from handseg.training.call import Call
from handseg.training.stopping import Ending
from handseg.training.task import Task
from tests import quick
from tests.smallest import smallest

BAR = 0.5
"""Mean Dice over 29 bones at the image's own size; they reach 0.55 (FCN, at stride 8) to 0.9."""
STEPS = {"fcn_resnet101": 150, "unet_efficientnet_b0": 90, "segformer": 90, "unet": 120}
"""Where 60 are too few."""
WIDER = {"unet": [32, 48, 64, 96]}
"""Filters, where the smallest ones see too little of a hand."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> ImageCache:
    """A hand of each of two people: a fold table names every image of its cache."""
    root = tmp_path_factory.mktemp("hands")
    write_dataset(root / "data", people=2, size=256, seed=3, workers=1)
    for second in sorted((root / "data").rglob("ID*/*"))[1::2]:
        second.unlink()
    data, folds, made = (Location(str(root / name)) for name in ("data", "folds.csv", "cache"))
    split(data=data, out=folds, settings=SplitSettings(folds=2))
    preprocess(data=data, folds=folds, out=made)
    return ImageCache(made.path)


def _settings(model: ModelSettings, steps: int) -> TrainSettings:
    # One image is an epoch: three validations, the last one after the last step.
    return TrainSettings(
        model=model,
        augment=AugmentSettings(flip=0, rotate=0, grid_dropout=0),
        length=steps,
        unit="steps",
        learning_rate=2e-2,
        schedule="linear",
        warmup_fraction=0.1,
        target="coverage",
        validate_every=steps // 3,
        precision="float32",
        device="cpu",
        threads=1,
        workers=0,
    )


def _one_hand(cache: ImageCache) -> FoldTable:
    """One hand to learn, and one of somebody else's to hold out."""
    people = cache.people("train")
    learned, *others = cache.names("train")
    held_out = next(name for name in others if people[name] != people[learned])
    return FoldTable((FoldRow(held_out, people[held_out], 0), FoldRow(learned, people[learned], 1)))


@pytest.mark.parametrize("name", quick.alone(catalogue.NAMES, "unet", "unet3plus_ds_2048_eff"))
def test_a_hand_is_learned_by_heart(cache: ImageCache, tmp_path: Path, name: str) -> None:
    enlarged = "2048" in name
    model = smallest(name, input_px=64 if enlarged else 128, output_px=128)
    model = replace(model, filters=WIDER.get(name, model.filters))
    trained = loop.train(
        Task(
            name=name,
            cache=cache,
            table=_one_hand(cache),
            fold=0,
            folder=tmp_path,
            settings=_settings(model, STEPS.get(name, 60)),
            cache_hash="cache",
            folds_hash="folds",
            on_checkpoint=lambda _: None,
            ending=Ending("tiny", Call()),
        )
    )
    assert trained is not None
    first, second, last = trained.card.history
    assert first.loss > second.loss > last.loss
    assert last.train_dice is not None and last.train_dice >= BAR
