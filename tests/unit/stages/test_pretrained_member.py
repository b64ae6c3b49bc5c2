"""A member that begins with published encoder weights, from a folder and from an object store."""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from handseg.errors import BadInput, MissingInput
from handseg.models import catalogue
from handseg.settings import ModelSettings, TrainSettings
from handseg.stages.train import run_member
from handseg.storage.location import Location
from handseg.training import checkpoint
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from tests.smallest import smallest
from tests.unit.stages.tiny_training import SETTINGS, make_data, run

NAME = "segformer"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, and the folder `published` of an encoder with weights of its own."""
    root = make_data(tmp_path_factory.mktemp("made"))
    network = catalogue.build(smallest(NAME))
    body = network.encoder.body  # type: ignore[union-attr]
    with torch.no_grad():
        for parameter in body.parameters():  # type: ignore[union-attr]
            parameter.uniform_(-0.1, 0.1)
    body.save_pretrained(root / "published")  # type: ignore[operator, union-attr]
    return root


def settings(where: str) -> TrainSettings:
    """One step that changes no weight that counts."""
    model: ModelSettings = replace(smallest(NAME), pretrained=where)
    return replace(SETTINGS, model=model, length=1, learning_rate=1e-12, ema=0.0, batch_size=1)


def encoder_weights(folder: Path) -> Mapping[str, Tensor]:
    tensors = load_file(folder / checkpoint.MODEL)
    prefix = "encoder.body."
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def test_a_folder_of_weights_is_what_a_member_begins_with(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "handseg"):
        run(made, tmp_path / "m", settings(str(made / "published")))
    begun = catalogue.build(smallest(NAME))
    catalogue.load_pretrained(begun, str(made / "published"))
    wanted = begun.encoder.body.state_dict()  # type: ignore[union-attr]
    found = encoder_weights(tmp_path / "m")
    assert found.keys() == wanted.keys()
    assert all(torch.allclose(found[name], wanted[name], atol=1e-6) for name in found)
    assert "of the encoder's" in caplog.text


def test_a_prefix_in_an_object_store_is_fetched(
    made: Path, tmp_path: Path, object_store: Path
) -> None:
    shutil.copytree(made / "published", object_store / "weights")
    where = f"s3://{object_store.name}/weights"
    run(made, tmp_path / "remote", settings(where))
    run(made, tmp_path / "local", settings(str(made / "published")))
    here, there = encoder_weights(tmp_path / "local"), encoder_weights(tmp_path / "remote")
    assert all(torch.equal(here[name], there[name]) for name in here)
    with pytest.raises(MissingInput, match="nothing lies under this prefix"):
        run(made, tmp_path / "none", settings(f"{where}-of-nothing"))


def test_a_training_that_goes_on_needs_its_weights_no_more(
    made: Path, tmp_path: Path, object_store: Path
) -> None:
    shutil.copytree(made / "published", object_store / "weights")

    def stop(_line: Measurement, _lap: Lap) -> None:
        raise BadInput("stopped")

    def train(on_validation: object) -> None:
        run_member(
            cache=Location(str(made / "cache")),
            folds=Location(str(made / "folds.csv")),
            fold=0,
            out=Location(str(tmp_path / "m")),
            settings=replace(settings(f"s3://{object_store.name}/weights"), length=8),
            on_validation=on_validation,  # type: ignore[arg-type]
        )

    with pytest.raises(BadInput, match="stopped"):
        train(stop)
    shutil.rmtree(object_store / "weights")
    train(None)
    assert checkpoint.load_card(tmp_path / "m").steps == 8


def test_no_such_folder_says_how_to_begin_without(made: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"pretrained none"):
        run(made, tmp_path / "m", settings("./nowhere"))
