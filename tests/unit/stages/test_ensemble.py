import dataclasses
import json
import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handseg import bones
from handseg.ensemble import submission
from handseg.errors import BadInput, MissingInput
from handseg.inference.store import FILE_NAME, StoreWriter
from handseg.inference.tiles import ImageTiles, TileBuilder
from handseg.settings import EnsembleSettings
from handseg.stages.ensemble import ensemble
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.store_card import CARD

SIZES = [(70, 90), (130, 64), (90, 90), (64, 200)]


def image(number: int, seed: int) -> ImageTiles:
    generator = np.random.default_rng([number, seed])
    height, width = SIZES[number % len(SIZES)]
    builder = TileBuilder(f"{number:02d}.png", f"ID{9 - number}", height=height, width=width)
    for class_id in range(0, 29, 4):
        values = generator.integers(100, 156, (20, 20), np.uint8)
        builder.add(class_id, values, top=class_id, left=class_id)
    return builder.build()


def store(folder: Path, seed: int, numbers: range = range(8), **card: Any) -> Location:
    place = Location(str(folder / f"store{seed}"))
    changed = dataclasses.replace(CARD, member=f"m{seed}", dice=0.9 - seed / 10, **card)
    with artifact.writing(place, folder=True) as path, StoreWriter(path, changed) as writer:
        for number in numbers:
            writer.add(image(number, seed), 9 - number)
    return place


def voted(folder: Path, stores: list[Location], weights: list[float] | None = None) -> bytes:
    out = Location(str(folder / f"{len(list(folder.iterdir()))}.csv"))
    ensemble(stores=stores, out=out, weights=weights)
    return out.path.read_bytes()


def test_every_image_and_class_has_one_row_in_path_order(tmp_path: Path) -> None:
    out = Location(str(tmp_path / "submission.csv"))
    ensemble(stores=[store(tmp_path, 0), store(tmp_path, 1)], out=out)
    found = submission.read(out.path)
    assert list(found) == [f"{number:02d}.png" for number in range(7, -1, -1)]
    rows = out.path.read_text().splitlines()
    assert len(rows) == 1 + 8 * 29
    assert [row.split(",")[1] for row in rows[1:]] == [*bones.NAMES] * 8
    assert found["00.png"][4]
    assert not found["00.png"][1]


def test_what_made_it_stands_beside_it(tmp_path: Path) -> None:
    stores = [store(tmp_path, 0), store(tmp_path, 1)]
    out = Location(str(tmp_path / "submission.csv"))
    ensemble(stores=stores, out=out, settings=EnsembleSettings(threshold=0.4))
    record = json.loads((tmp_path / "submission.csv.run.json").read_text())
    assert record["stage"] == "ensemble"
    settings = dataclasses.asdict(EnsembleSettings(threshold=0.4))
    assert record["settings"] == {**settings, "weights": None}
    assert record["parents"] == {
        f"store_{i}": artifact.content_hash(place.path) for i, place in enumerate(stores)
    }
    assert record["members"] == [
        {"name": "m0", "fold": 0, "weight": 0.9},
        {"name": "m1", "fold": 0, "weight": 0.8},
    ]
    artifact.verify(out.path)


def test_cores_order_of_members_and_a_common_factor_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = (store(tmp_path, seed) for seed in range(3))
    first = voted(tmp_path, [a, b, c], [1, 2, 3])
    assert voted(tmp_path, [c, a, b], [3, 1, 2]) == first
    assert voted(tmp_path, [a, b, c], [0.1, 0.2, 0.3]) == first
    assert voted(tmp_path, [a, b, c], [3, 2, 1]) != first
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    assert voted(tmp_path, [a, b, c], [1, 2, 3]) == first
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(7)))
    assert voted(tmp_path, [a, b, c], [1, 2, 3]) == first


def test_one_member_equals_that_member_whatever_its_weight(tmp_path: Path) -> None:
    a, b = store(tmp_path, 0), store(tmp_path, 1)
    alone = voted(tmp_path, [a])
    assert voted(tmp_path, [a], [17]) == alone
    assert voted(tmp_path, [a, b], [1, 0]) == alone
    assert voted(tmp_path, [b]) != alone


def test_done_is_not_done_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stores, out = [store(tmp_path, 0)], Location(str(tmp_path / "submission.csv"))
    ensemble(stores=stores, out=out)
    before = out.path.stat().st_mtime_ns
    with caplog.at_level(logging.INFO, "handseg"):
        ensemble(stores=stores, out=out)
    assert out.path.stat().st_mtime_ns == before
    assert "is complete: nothing to vote on" in caplog.text
    with pytest.raises(BadInput, match=r"threshold: 0\.5 -> 0\.6"):
        ensemble(stores=stores, out=out, settings=EnsembleSettings(threshold=0.6))
    with pytest.raises(BadInput, match="weights"):
        ensemble(stores=stores, out=out, weights=[2])


def test_out_of_fold_stores_share_the_images(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    a = store(tmp_path, 0, range(0, 5), part="oof")
    b = store(tmp_path, 1, range(3, 8), part="oof", fold=1)
    out = Location(str(tmp_path / "submission.csv"))
    with caplog.at_level(logging.INFO, "handseg"):
        ensemble(stores=[a, b], out=out, weights=[0, 1])
    assert len(submission.read(out.path)) == 8
    assert "folds [0, 1] only" in caplog.text
    assert "3 images, such as 02.png, have only members of weight 0" in caplog.text


def test_every_setting_of_the_vote_has_an_effect(tmp_path: Path) -> None:
    stores = [store(tmp_path, seed) for seed in range(3)]
    plain = EnsembleSettings()
    texts = {}
    for name, settings in {
        "plain": plain,
        "threshold": EnsembleSettings(threshold=0.48),
        "thresholds": EnsembleSettings(thresholds=[0.48] + [0.5] * 28),
        "voting": EnsembleSettings(voting="hard"),
        "largest_component": EnsembleSettings(largest_component=True),
    }.items():
        out = Location(str(tmp_path / f"{name}.csv"))
        ensemble(stores=stores, out=out, settings=settings)
        texts[name] = out.path.read_bytes()
    assert len(set(texts.values())) == 5
    alike = EnsembleSettings(thresholds=[0.48] * 29)
    ensemble(stores=stores, out=Location(str(tmp_path / "alike.csv")), settings=alike)
    assert (tmp_path / "alike.csv").read_bytes() == texts["threshold"]
    # the others' bones are untouched by one bone's threshold
    first, changed = (submission.read(tmp_path / f"{n}.csv") for n in ("plain", "thresholds"))
    assert all(first[name][1:] == changed[name][1:] for name in first)


def refused(folder: Path, stores: list[Location], message: str, **arguments: Any) -> None:
    out = Location(str(folder / "submission.csv"))
    with pytest.raises((BadInput, MissingInput), match=message):
        ensemble(stores=stores, out=out, **arguments)
    assert not [path for path in folder.iterdir() if "submission" in path.name]


def test_wrong_weights_leave_nothing_behind(tmp_path: Path) -> None:
    stores = [store(tmp_path, 0), store(tmp_path, 1)]
    refused(tmp_path, stores, "-1 for m1", weights=[1, -1])
    refused(tmp_path, stores, "nan for m0", weights=[float("nan"), 1])
    refused(tmp_path, stores, "are 0", weights=[0, 0])
    refused(tmp_path, stores, "1 for 2 stores", weights=[1])


def test_stores_that_cannot_vote_together_leave_nothing_behind(tmp_path: Path) -> None:
    a = store(tmp_path, 0)
    refused(tmp_path, [], "none given")
    refused(tmp_path, [a, a], "given twice")
    refused(tmp_path, [a, Location(str(tmp_path / "none"))], "none: not found")
    refused(tmp_path, [a, store(tmp_path, 1, range(7))], r"lacks 07\.png")
    reordered = store(tmp_path, 2, classes=list(reversed(bones.NAMES)))
    refused(tmp_path, [a, reordered], "class 1 is Ulna")


def test_a_threshold_below_what_the_stores_keep_is_refused(tmp_path: Path) -> None:
    place = store(tmp_path, 0, cut_level=51)  # 0.2 · 255
    voted(tmp_path, [place])
    low = EnsembleSettings(threshold=0.19)
    (tmp_path / "later").mkdir()
    out = Location(str(tmp_path / "later" / "submission.csv"))
    with pytest.raises(BadInput, match=r"below 0\.200, and the threshold is 0\.19"):
        ensemble(stores=[place], out=out, settings=low)
    ensemble(stores=[place], out=out, settings=EnsembleSettings(threshold=0.2))


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    a = store(tmp_path, 0)
    path = a.path / FILE_NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(tmp_path, [a], f"{FILE_NAME}: does not match its SHA-256")
