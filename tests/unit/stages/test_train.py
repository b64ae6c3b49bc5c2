import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from handseg import bones, provenance
from handseg.errors import BadInput, MissingInput, NonFiniteLoss
from handseg.folds import FoldTable
from handseg.images.cache import ImageCache
from handseg.inference.store import Store
from handseg.settings import AugmentSettings, ModelSettings
from handseg.stages.train import run_member
from handseg.storage import artifact
from handseg.storage.location import Location
from handseg.training import checkpoint, data, loop, schedule, validation
from handseg.training.checkpoint import Measurement
from handseg.training.cost import Lap
from tests.unit.stages.tiny_training import SETTINGS, make_data, run, task


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fold table and image cache of four people."""
    return make_data(tmp_path_factory.mktemp("made"))


def test_a_member_leaves_weights_card_and_out_of_fold_store(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "member")
    network, card = checkpoint.load_model(tmp_path / "member")
    assert (card.name, card.fold, card.steps) == ("member", 0, 6)
    assert list(card.dice_per_class) == list(bones.NAMES)
    assert card.parameters == sum(p.numel() for p in network.parameters())
    # 4 training images in batches of 2 make an epoch of 2 steps
    assert [line.step for line in card.history] == [2, 4, 6]
    store = Store(tmp_path / "member.oof")
    table = FoldTable.read(made / "folds.csv")
    assert sorted(store.names) == sorted(table.held_out(0))
    assert store.card.dice == card.mean_dice
    assert not (tmp_path / "member.partial").exists()


def test_every_validation_is_told_and_its_listener_may_end_the_training(
    made: Path, tmp_path: Path
) -> None:
    heard: list[tuple[Measurement, Lap]] = []

    def listen(line: Measurement, lap: Lap) -> None:
        heard.append((line, lap))
        if len(heard) == 2:
            raise BadInput("not worth going on")

    def go(on_validation: Callable[[Measurement, Lap], None]) -> None:
        run_member(
            cache=Location(str(made / "cache")),
            folds=Location(str(made / "folds.csv")),
            fold=0,
            out=Location(str(tmp_path / "member")),
            settings=SETTINGS,
            on_validation=on_validation,
        )

    with pytest.raises(BadInput, match="not worth"):
        go(listen)
    assert not (tmp_path / "member").exists()
    go(lambda line, lap: heard.append((line, lap)))
    card = checkpoint.load_card(tmp_path / "member")
    assert [line for line, _ in heard] == card.history
    laps = provenance.read(tmp_path / "member")["laps"]
    assert [asdict(lap) for _, lap in heard] == laps


def test_the_record_alone_says_what_a_training_took(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "member")
    record = json.loads((tmp_path / "member" / "run.json").read_text(encoding="utf-8"))
    laps = record["laps"]
    assert [lap["step"] for lap in laps] == [2, 4, 6]
    assert all(0 < lap["data_wait"] < 1 for lap in laps)
    assert record["seconds"] >= laps[-1]["seconds"] - 0.1
    assert record["peak_memory_bytes"] > 2**20


@pytest.mark.parametrize("workers", [0, 2])
def test_equal_trainings_give_equal_bytes(made: Path, tmp_path: Path, workers: int) -> None:
    augment = AugmentSettings(rotate_degrees=20, elastic=0.5, grid_dropout=0.5, copy_paste=0.5)
    settings = replace(SETTINGS, workers=workers, augment=augment)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        run(made, tmp_path / name / "member", settings)
    for name in ("member", "member.oof"):
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        assert {path.name for path in one.iterdir()} == {path.name for path in two.iterdir()}
        for path in one.iterdir():
            if path.name not in ("run.json", "SHA256SUMS"):
                assert path.read_bytes() == (two / path.name).read_bytes(), path.name
        assert artifact.content_hash(one) == artifact.content_hash(two)


def test_a_finished_member_is_not_trained_again(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "member")
    before = (tmp_path / "member" / "run.json").read_bytes()
    run(made, tmp_path / "member")
    assert (tmp_path / "member" / "run.json").read_bytes() == before
    with pytest.raises(BadInput, match="seed: 0 -> 1"):
        run(made, tmp_path / "member", replace(SETTINGS, seed=1))


def test_bit_fields_of_a_larger_output_train_too(made: Path, tmp_path: Path) -> None:
    larger = ModelSettings(name="unet3plus_ds_2048", filters=[4, 4, 4], input_px=32, output_px=64)
    settings = replace(SETTINGS, model=larger, target="bitfield", sizes_px=[16, 32],
                       sizes_fraction=[0.5, 0.5])  # fmt: skip
    done = loop.train(task(made, tmp_path / "ds", settings))
    assert done is not None
    assert [line.input_px for line in done.card.history] == [16, 32, 32]


def test_a_non_finite_loss_names_its_images_and_spoils_nothing(made: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, learning_rate=1e30, length=50)
    folder = tmp_path / "wild"
    with pytest.raises(NonFiniteLoss, match=r"the loss is (nan|inf) on image.*\.png"):
        loop.train(task(made, folder, settings))
    assert not list(folder.rglob("last-*"))


def test_an_unknown_fold_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="fold 7 is not in the fold table"):
        loop.train(replace(task(made, tmp_path, SETTINGS), fold=7))


def test_weights_that_a_step_ruined_are_neither_scored_nor_kept(made: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, learning_rate=1e30, length=1)
    folder = tmp_path / "wild"
    with pytest.raises(NonFiniteLoss, match=r"not finite after the step on image.*\.png"):
        loop.train(task(made, folder, settings))
    assert not list(folder.rglob("*.safetensors"))


def test_minutes_become_a_plan_that_is_kept(made: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, unit="minutes", length=0.02, validate_every=1000)
    done = loop.train(task(made, tmp_path / "timed", settings))
    assert done is not None and done.card.steps >= 1


@pytest.mark.parametrize("to", [os.kill, os.killpg], ids=["process", "group"])
def test_sigterm_saves(made: Path, tmp_path: Path, to: Callable[[int, int], None]) -> None:
    words = [
        sys.executable, "-m", "handseg", "train", "--cache", str(made / "cache"),
        "--folds", str(made / "folds.csv"), "--fold", "0", "--out", str(tmp_path / "member"),
        "--settings.model.name", "unet", "--settings.model.filters", "[4,8,12]",
        "--settings.model.input_px", "32", "--settings.model.output_px", "32",
        "--settings.unit", "steps", "--settings.target", "coverage", "--settings.batch_size", "2",
        "--settings.workers", "1", "--settings.threads", "1",
    ]  # fmt: skip
    words += ["--settings.length", "100000"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True)
    states = tmp_path / "member.partial" / "resume"
    while process.poll() is None and not list(states.glob("step-*.safetensors")):
        time.sleep(0.05)
    to(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors.decode()
    assert b"which was saved" in errors
    assert not (tmp_path / "member").exists()


def test_a_pickled_checkpoint_is_refused(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "member")
    torch.save({"weight": torch.ones(1)}, tmp_path / "member" / checkpoint.MODEL)
    with pytest.raises(BadInput, match="not the weights of unet"):
        checkpoint.load_model(tmp_path / "member")


def test_a_card_of_another_class_order_is_refused(made: Path, tmp_path: Path) -> None:
    run(made, tmp_path / "member")
    path = tmp_path / "member" / checkpoint.CARD
    card = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**card, "classes": card["classes"][::-1]}), encoding="utf-8")
    with pytest.raises(BadInput, match="classes or their order"):
        checkpoint.load_card(tmp_path / "member")
    with pytest.raises(MissingInput, match=r"card\.json: not found"):
        checkpoint.load_card(tmp_path)


def test_samples_show_bones_where_the_target_has_them(made: Path) -> None:
    cache = ImageCache(made / "cache")
    names = cache.names("train")
    settings = replace(SETTINGS, augment=AugmentSettings(rotate=1, rotate_degrees=40, flip=1,
                       grid_dropout=0))  # fmt: skip
    for target in ("coverage", "bitfield"):
        images = data.TrainingImages(cache, names, replace(settings, target=target))
        image, truth, name = images[schedule.Draw(0, 32, (0, 1))]
        assert name == names[0] and image.shape == (32, 32)
        covered = truth.max(axis=0) > 200 if target == "coverage" else truth != 0
        # bones are drawn 80 brighter than the noise under them
        assert image[covered].mean() > image[~covered].mean() + 30


def test_prior_is_the_share_of_pixels(made: Path) -> None:
    cache = ImageCache(made / "cache")
    shares = validation.prior(cache, cache.names("train"))
    assert len(shares) == bones.COUNT
    # octagons of about 0.8 cells' width in a grid of 6 x 5 cells: 0.53 / 30 of the image each
    assert np.all((np.array(shares) > 0.005) & (np.array(shares) < 0.05))
