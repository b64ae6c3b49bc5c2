"""A member predicts a part once, of the very cache and fold table it was trained with."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from handseg import bones, provenance
from handseg.errors import BadInput, MissingInput
from handseg.folds import FoldRow, FoldTable
from handseg.images.cache import CachedImage, CacheWriter, Part
from handseg.inference.store import Store
from handseg.models import catalogue
from handseg.settings import InferSettings, ModelSettings, TrainSettings
from handseg.stages.infer import infer
from handseg.storage import artifact
from handseg.storage.location import Location
from handseg.training import checkpoint
from handseg.training.checkpoint import Card

MODEL = ModelSettings(name="unet", filters=[4, 6, 8], input_px=32, output_px=32)
QUICK = InferSettings(precision="float32", device="cpu")


@dataclass(frozen=True)
class Made:
    """Where the inputs lie."""

    checkpoint: Location
    cache: Location
    folds: Location
    out: Location


def _write_cache(path: Path, *, tests: int) -> None:
    with (
        artifact.writing(Location(str(path)), folder=True) as folder,
        CacheWriter(folder, {}, "none") as writer,
    ):
        for index in range(4 + tests):
            pixels = np.random.default_rng(index).integers(0, 255, (48, 40)).astype(np.uint8)
            part: Part = "train" if index < 4 else "test"
            writer.add(CachedImage(f"i{index}.png", f"ID{index // 2:03d}", part, pixels, {}))


def _write_checkpoint(path: Path, cache: Path, folds: Path, *, broken: bool = False) -> None:
    torch.manual_seed(0)
    network = catalogue.build(MODEL)
    if broken:
        torch.nn.init.constant_(network.heads()[0].weight, float("nan"))
    card = Card(
        name="small",
        fold=1,
        train=TrainSettings(model=MODEL),
        cache=artifact.content_hash(cache),
        folds=artifact.content_hash(folds),
        prior=[0.01] * bones.COUNT,
        steps=1,
        parameters=1,
        device="cpu",
        mean_dice=0.5,
    )
    with artifact.writing(Location(str(path)), folder=True) as folder:
        save_file(dict(network.state_dict()), folder / checkpoint.MODEL)
        checkpoint.save_card(folder, card)


def _make(root: Path, *, tests: int = 2) -> Made:
    cache, folds, member = root / "cache", root / "folds.csv", root / "member"
    _write_cache(cache, tests=tests)
    rows = tuple(FoldRow(f"i{i}.png", f"ID{i // 2:03d}", i // 2) for i in range(4))
    with artifact.writing(Location(str(folds)), folder=False) as path:
        FoldTable(rows).write(path)
    _write_checkpoint(member, cache, folds)
    return Made(*(Location(str(p)) for p in (member, cache, folds, root / "store")))


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return _make(tmp_path)


def test_test_part_is_predicted_with_its_card(made: Made) -> None:
    infer(checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out, settings=QUICK)
    store = Store(made.out.path)
    assert store.names == ["i4.png", "i5.png"]
    assert store.people == {"i4.png": "ID002", "i5.png": "ID002"}
    assert store.positions == {"i4.png": 0, "i5.png": 1}
    assert (store.card.member, store.card.fold, store.card.part) == ("small", 1, "test")
    assert store.card.dice == 0.5
    assert store.card.checkpoint == artifact.content_hash(made.checkpoint.path)
    assert store.read("i4.png").shape == (48, 40)


def test_held_out_fold_is_predicted(made: Made) -> None:
    infer(
        checkpoint=made.checkpoint, cache=made.cache, folds=made.folds, part="oof", out=made.out,
        settings=QUICK,
    )  # fmt: skip
    assert Store(made.out.path).positions == {"i2.png": 2, "i3.png": 3}
    record = provenance.read(made.out.path)
    assert record["stage"] == "infer" and record["device"] == "cpu, float32"


def test_complete_store_is_left_alone(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "handseg")
    for _ in range(2):
        infer(
            checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out, settings=QUICK
        )
    assert "nothing to infer" in caplog.text
    with pytest.raises(BadInput, match="cut_level: 8 -> 9"):
        infer(
            checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out,
            settings=replace(QUICK, cut_level=9),
        )  # fmt: skip


def test_views_change_the_store_and_stand_in_its_record(made: Made) -> None:
    views = replace(QUICK, tta_flip=True, tta_rotate_degrees=[5.0], tta_scales=[1.5])
    other = Location(f"{made.out.uri}-views")
    for out, settings in ((made.out, QUICK), (other, views)):
        infer(checkpoint=made.checkpoint, cache=made.cache, part="test", out=out, settings=settings)
    one, many = (Store(out.path).read("i4.png") for out in (made.out, other))
    assert one.shape == many.shape and not np.array_equal(one.values, many.values)
    record = str(provenance.read(other.path)["settings"])
    assert "'tta_rotate_degrees': [5.0]" in record and "'tta_scales': [1.5]" in record
    with pytest.raises(BadInput, match="tta_flip: False -> True"):
        infer(
            checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out, settings=views
        )


def test_held_out_fold_needs_the_fold_table(made: Made) -> None:
    with pytest.raises(BadInput, match="part is oof, which needs the fold table; give --folds"):
        infer(checkpoint=made.checkpoint, cache=made.cache, part="oof", out=made.out)
    assert not made.out.path.exists()


def test_cache_without_test_images_is_refused(tmp_path: Path) -> None:
    made = _make(tmp_path, tests=0)
    with pytest.raises(BadInput, match="no test images; give --part oof"):
        infer(checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out)


def test_another_cache_is_refused(made: Made, tmp_path: Path) -> None:
    _write_cache(tmp_path / "other", tests=1)
    other = Location(str(tmp_path / "other"))
    with pytest.raises(BadInput, match="other: is not the cache that member small was trained"):
        infer(checkpoint=made.checkpoint, cache=other, part="test", out=made.out)


def test_another_fold_table_is_refused(made: Made, tmp_path: Path) -> None:
    other = Location(str(tmp_path / "other.csv"))
    rows = tuple(FoldRow(f"i{i}.png", f"ID{i // 2:03d}", 1 - i // 2) for i in range(4))
    with artifact.writing(other, folder=False) as path:
        FoldTable(rows).write(path)
    with pytest.raises(BadInput, match="is not the fold table that member small was trained with"):
        infer(checkpoint=made.checkpoint, cache=made.cache, folds=other, part="oof", out=made.out)


def test_damaged_weights_are_refused(made: Made) -> None:
    weights = made.checkpoint.path / checkpoint.MODEL
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(BadInput, match="model.safetensors"):
        infer(checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out)


def test_missing_checkpoint_is_named(made: Made) -> None:
    shutil.rmtree(made.checkpoint.path)
    with pytest.raises(MissingInput, match="member: not found"):
        infer(checkpoint=made.checkpoint, cache=made.cache, part="test", out=made.out)


def test_diverged_network_leaves_no_store(made: Made, tmp_path: Path) -> None:
    member = tmp_path / "diverged"
    _write_checkpoint(member, made.cache.path, made.folds.path, broken=True)
    with pytest.raises(BadInput, match=r"i4\.png: logits of finger-1 are not finite"):
        infer(checkpoint=Location(str(member)), cache=made.cache, part="test", out=made.out)
    assert not made.out.path.exists()
