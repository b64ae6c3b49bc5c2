"""Every network trains, is stopped and resumed, infers, and votes beside a network of another kind.

Each is in its smallest form, on images too small to learn from: what counts is that every stage
takes what the one before it left.
"""

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from handseg.ensemble import submission
from handseg.errors import Terminated
from handseg.inference.store import Store
from handseg.models import catalogue
from handseg.settings import AugmentSettings, InferSettings, SplitSettings, TrainSettings
from handseg.stages.ensemble import ensemble
from handseg.stages.infer import infer
from handseg.stages.preprocess import preprocess
from handseg.stages.split import split
from handseg.stages.train import run_member, train
from handseg.storage.location import Location
from handseg.training import checkpoint, trained
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from tests import quick
from tests.drawing import write_tiny_dataset
from tests.smallest import smallest

STEPS = 3
SETTINGS = TrainSettings(
    model=smallest("unet"),
    augment=AugmentSettings(rotate=0.5, contrast_fraction=0.1),
    length=STEPS,
    unit="steps",
    batch_size=2,
    learning_rate=1e-3,
    ema=0.5,
    target="coverage",
    precision="float32",
    device="cpu",
    threads=1,
    workers=0,
)
PREDICTED = InferSettings(precision="float32", device="cpu", threads=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fold table and cache of two people and one to test on; a member `other`, and its store."""
    root = tmp_path_factory.mktemp("made")
    write_tiny_dataset(root / "data", people=2, test_people=1, size=(64, 64), seed=5)
    data, folds, cache = (Location(str(root / name)) for name in ("data", "folds.csv", "cache"))
    split(data=data, out=folds, settings=SplitSettings(folds=2))
    preprocess(data=data, folds=folds, out=cache)
    other = Location(str(root / "other"))
    train(cache=cache, folds=folds, fold=1, out=other, settings=SETTINGS)
    _infer(root, other)
    return root


def _train(made: Path, out: Path, name: str, *, stop_after: int = 0) -> Location:
    """Train one network, asked to end at its first validation after so many steps."""

    def stop(line: Measurement, _lap: Lap) -> None:
        if line.step == stop_after:
            signal.raise_signal(signal.SIGTERM)

    run_member(
        cache=Location(str(made / "cache")),
        folds=Location(str(made / "folds.csv")),
        fold=0,
        out=Location(str(out)),
        settings=replace(SETTINGS, model=smallest(name, output_px=128)),
        on_validation=stop,
    )
    return Location(str(out))


def _infer(made: Path, member: Location) -> Location:
    store = member.sibling(f"{member.name}.test")
    cache = Location(str(made / "cache"))
    infer(checkpoint=member, cache=cache, part="test", out=store, settings=PREDICTED)
    return store


def _same_weights(one: Path, two: Path) -> bool:
    first, second = load_file(one), load_file(two)
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


@pytest.mark.parametrize("name", quick.alone(catalogue.NAMES, "unet3plus", "segformer"))
def test_every_stage_takes_what_the_one_before_left(made: Path, tmp_path: Path, name: str) -> None:
    # Two training images in batches of two: each step is an epoch, and each is validated.
    with pytest.raises(Terminated, match="stopped at step 1, which was saved"):
        _train(made, tmp_path / "member", name, stop_after=1)
    member = _train(made, tmp_path / "member", name)
    whole = _train(made, tmp_path / "whole", name)
    for weights in (checkpoint.MODEL, trained.LAST):
        assert _same_weights(member.path / weights, whole.path / weights)

    card = checkpoint.load_card(member.path)
    # Asked to end at the validation of step 1, it went on from there.
    assert (card.steps, [line.step for line in card.history]) == (STEPS, [1, 2, 3])
    assert card.train.model.name == name
    store = _infer(made, member)
    out = Location(str(tmp_path / "submission.csv"))
    ensemble(stores=[store, Location(str(made / "other.test"))], weights=[1, 1], out=out)
    assert list(submission.read(out.path)) == Store(store.path).names
