"""Onnxruntime and bf16 keep the Dice of float32, by a network that has learned a person's hands."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from handseg.commands.score import dice_of
from handseg.dataset.phantom.writer import write_dataset
from handseg.settings import (
    AugmentSettings,
    InferSettings,
    ModelSettings,
    SplitSettings,
    TrainSettings,
)
from handseg.stages.ensemble import ensemble
from handseg.stages.infer import infer
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.stages.train import train
from handseg.storage.location import Location

TRAINED = TrainSettings(
    model=ModelSettings(name="unet", filters=[32, 48, 64, 96], input_px=128, output_px=128),
    augment=AugmentSettings(flip=0, rotate=0, grid_dropout=0),
    length=250,
    unit="steps",
    batch_size=2,
    learning_rate=1e-2,
    schedule="linear",
    warmup_fraction=0.1,
    target="coverage",
    validate_every=1000,
    precision="float32",
    device="cpu",
    threads=1,
    workers=0,
)
PLAIN = InferSettings(precision="float32", device="cpu", threads=1, batch_size=2)
LEARNED = 0.8
"""Mean Dice; the member reaches 0.93."""
SAME = 1e-4
"""Of Dice. With 100 steps and a Dice of 0.74, bf16 is 1e-4 away; with 250, 2e-5."""


def _place(path: Path) -> Location:
    return Location(str(path))


def _brighter_twins(data: Path) -> None:
    """Give the test part the hands of fold 0, which the member learns, a level brighter."""
    person = sorted((data / "train" / "DCM").iterdir())[-1].name
    for kind in ("DCM", "outputs_json"):
        shutil.copytree(data / "train" / kind / person, data / "test" / kind / "ID900")
        for path in sorted((data / "test" / kind / "ID900").iterdir()):
            path.rename(path.with_stem(f"twin{path.stem}"))
    for path in (data / "test" / "DCM" / "ID900").iterdir():
        pixels = cv2.imread(str(path))
        assert pixels is not None
        cv2.imwrite(str(path), cv2.add(pixels, np.full_like(pixels, 1)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, cache, and a member that has learned the hands which the test part shows again."""
    root = tmp_path_factory.mktemp("learned")
    write_dataset(root / "data", people=2, size=512, seed=3, workers=1)
    _brighter_twins(root / "data")
    data, folds, cache = (_place(root / name) for name in ("data", "folds.csv", "cache"))
    split(data=data, out=folds, settings=SplitSettings(folds=2))
    preprocess(data=data, folds=folds, out=cache)
    member = _place(root / "member")
    train(cache=cache, folds=folds, fold=1, out=member, settings=TRAINED)
    return root


def _dice(made: Path, folder: Path, settings: InferSettings) -> float:
    name = f"{settings.backend}-{settings.precision}"
    store, csv = _place(folder / name), _place(folder / f"{name}.csv")
    infer(
        checkpoint=_place(made / "member"), cache=_place(made / "cache"), part="test",
        out=store, settings=settings,
    )  # fmt: skip
    ensemble(stores=[store], weights=[1], out=csv)
    names, scores = dice_of(csv.path, made / "data")
    assert len(names) == 2
    return float(scores.mean())


@pytest.mark.long
def test_no_way_of_computing_changes_the_dice(made: Path, tmp_path: Path) -> None:
    plain = _dice(made, tmp_path, PLAIN)
    assert plain > LEARNED
    for settings in (replace(PLAIN, backend="onnxruntime"), replace(PLAIN, precision="bf16")):
        assert abs(_dice(made, tmp_path, settings) - plain) < SAME, settings
