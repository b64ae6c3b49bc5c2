"""Rows of votes: stores that do not belong together, weights, and what a CSV must hold."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from handseg import bones
from tests.drawing import write_annotation, write_image
from tests.faults import arrow, masks, spoiled
from tests.faults.command import handseg
from tests.faults.spoiled import Told

SHAPE = (130, 200)
SIDE = 2048
HALF = 128
"""The least value in 255ths that is foreground at the threshold of 0.5."""


def planes(seed: int, shape: tuple[int, int] = SHAPE) -> list[NDArray[np.uint8]]:
    """Probabilities of 29 classes, none of them under the cut but 0."""
    values = np.random.default_rng(seed).integers(0, 256, (bones.COUNT, *shape), np.uint8)
    return list(np.where(values < 8, 0, values).astype(np.uint8))


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A member's store of two images."""
    return arrow.store(tmp_path / "one", {"a.png": planes(1), "b.png": planes(2)})


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    ("names", "shape", "card", "says"),
    [
        (
            ["a.png"],
            SHAPE,
            {},
            ["other/probabilities.arrow: lacks b.png, which", "infer with every member from the"],
        ),
        (
            ["a.png", "b.png"],
            SHAPE,
            {"classes": [*bones.NAMES[1:], bones.NAMES[0]]},
            ["class 1 is finger-2, officially finger-1; train this member anew"],
        ),
        (["a.png", "b.png"], (200, 130), {}, ["a.png", "200", "130", "infer"]),
        (
            ["a.png", "b.png"],
            SHAPE,
            {"part": "oof"},
            ["part is oof, but test in", "infer with every member alike"],
        ),
    ],
    ids=["an image missing", "another class order", "another shape", "another part"],
)
def test_row_53_stores_that_do_not_belong_together_are_refused(
    one: Path, tmp_path: Path, told: Told, request: pytest.FixtureRequest,
    names: list[str], shape: tuple[int, int], card: dict[str, Any], says: list[str],
) -> None:  # fmt: skip
    images = {name: planes(3, shape) for name in names}
    other = arrow.store(tmp_path / "other", images, member="m1", checkpoint="other", **card)
    ended = spoiled.refused(
        *("ensemble", "--stores", one, other, "--weights", 1, 1), out=tmp_path / "csv", says=says
    )
    what = request.node.callspec.id
    told(f"{what}: exit 2: {ended.last_line.replace(f'{tmp_path}/', '')}")


@pytest.mark.fault(53)
def test_row_53_a_missing_fold_is_said_and_found(
    hands: Path, run: Path, tmp_path: Path, told: Told
) -> None:
    stores = [run / "stores" / member / "oof" for member in ("fold0", "fold1")]
    gone = stores[1].with_name("gone")
    stores[1].rename(gone)
    words = ["ensemble", "--stores", *stores, "--weights", 1, 1]
    spoiled.refused(*words, out=tmp_path / "new.csv", says=[f"{stores[1]}: not found"])
    told("a store that is not there: exit 2, its path named")


@pytest.mark.fault(53)
def test_row_53_a_fold_left_out_is_said_and_fails_validation(
    data: Path, run: Path, tmp_path: Path, told: Told
) -> None:
    csv, store = tmp_path / "new.csv", run / "stores/fold0/oof"
    words = ["ensemble", "--stores", store, "--weights", 1, "--out", csv]
    handseg(*words).must(0, "out-of-fold predictions, of the people of folds [0] only")
    found = {name for name, _, _ in masks.read(csv)}
    left = {image.name for image in spoiled.images(data)} - found
    assert len(found) == len(left) == 4
    shutil.rmtree(data / "test")
    said = [f"image left out ({name}); add a row for every bone" for name in left]
    handseg("validate", "--data", data, "--submission", csv).must(2, *said, "4 faults")
    told("out-of-fold stores of one fold of two: said by ensemble, and validate exits 2 by name")


@pytest.mark.fault(54)
@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (("-1", "2"), "weights: -1.0 for m0; give finite numbers of 0 or more"),
        (("1", "nan"), "--weights: expected float, got nan"),
        (("inf", "1"), "--weights: expected float, got inf"),
        (("0", "0"), "weights: all of [0.0, 0.0] are 0; give at least one above 0"),
        (("1",), "weights: 1 for 2 stores; give one for each store, or none"),
    ],
)
def test_row_54_weights_that_are_none_are_refused(
    one: Path, tmp_path: Path, told: Told, weights: tuple[str, ...], says: str
) -> None:
    other = arrow.store(
        tmp_path / "other", {"a.png": planes(3), "b.png": planes(4)}, member="m1", checkpoint="z"
    )
    spoiled.refused(
        *("ensemble", "--stores", one, other, "--weights", *weights),
        out=tmp_path / "new.csv",
        says=[says],
    )
    told(f"{' '.join(weights)}: exit 2: {says}")


@pytest.mark.fault(54)
def test_row_54_one_member_is_that_member_byte_for_byte(
    one: Path, tmp_path: Path, told: Told
) -> None:
    other = arrow.store(
        tmp_path / "other", {"a.png": planes(3), "b.png": planes(4)}, member="m1", checkpoint="z"
    )
    alone, beside = tmp_path / "alone.csv", tmp_path / "beside.csv"
    handseg("ensemble", "--stores", one, "--weights", 7, "--out", alone).must(0)
    handseg("ensemble", "--stores", other, one, "--weights", 0, 3, "--out", beside).must(0)
    own = {name: [plane >= HALF for plane in planes(n)] for name, n in (("a.png", 1), ("b.png", 2))}
    wanted = masks.write(tmp_path / "own.csv", own).read_bytes()
    assert alone.read_bytes() == beside.read_bytes() == wanted
    told("alone, or beside one of weight 0: the bytes of its own masks at the threshold of 0.5")


def full_size() -> dict[str, list[NDArray[np.uint8]]]:
    """Two images: masks that are hard on runs, and nothing at all."""
    found = [np.zeros((SIDE, SIDE), np.uint8) for _ in bones.NAMES]
    found[0][0, 0] = found[0][-1, -1] = 255
    found[1][:] = 255
    found[2][::2, ::2] = 255
    found[3][:, -1] = found[3][1:, 0] = 255
    noise = np.random.default_rng(0).integers(0, 2, (SIDE // 8, SIDE), np.uint8)
    found[4][SIDE // 2 : SIDE // 2 + SIDE // 8] = 255 * noise
    return {"a.png": found, "b.png": [np.zeros((SIDE, SIDE), np.uint8)] * bones.COUNT}


@pytest.mark.fault(55)
def test_row_55_masks_at_2048_survive_their_runs(tmp_path: Path, told: Told) -> None:
    data, images = tmp_path / "data", full_size()
    square = [np.array([[5, 5], [40, 5], [40, 40]], np.int32)]
    for name in ("t.png", *images):
        part = "train" if name == "t.png" else "test"
        grey = np.full((SIDE, SIDE), len(name) + ord(name[0]), np.uint8)
        write_image(data / part / "DCM" / "ID1" / name, grey)
    truth = spoiled.annotation(data / "train" / "DCM" / "ID1" / "t.png")
    write_annotation(truth, dict.fromkeys(range(bones.COUNT), square))
    csv = tmp_path / "new.csv"
    store = arrow.store(tmp_path / "store", images)
    handseg("ensemble", "--stores", store, "--weights", 1, "--out", csv).must(0)
    rows = masks.read(csv)
    assert [(n, b) for n, b, _ in rows] == [(n, b) for n in images for b in bones.NAMES]
    for name, bone, runs in rows:
        true = images[name][bones.CLASS_ID[bone]] > 0
        assert bool(runs) == true.any()
        assert np.array_equal(masks.decode(runs, (SIDE, SIDE)), true)
    handseg("validate", "--data", data, "--submission", csv).must(0, "no fault: 2 images of the")
    told(
        "corners, all, a grid, edges and noise at 2048 through ensemble: decoded they are the same "
        "to a pixel; an empty mask has an empty rle; each image and bone once, and validate agrees"
    )


@pytest.mark.fault(55)
def test_row_55_rows_twice_left_out_or_broken_are_found(hands: Path, run: Path, told: Told) -> None:
    csv = run / "submission.csv"
    header, first, second, *others = csv.read_text().splitlines()
    image, bone, _ = second.split(",")
    broken = others[5].rsplit(",", 1)[0]
    others[5] = f"{broken},9 0"
    csv.write_text("\n".join([header, first, first, *others, ""]))
    said = [
        f"{csv}:3: row twice",
        f"row left out ({image} {bone}); add its row; an empty mask has an empty rle",
        f"{csv}:9: RLE: run 9 0 has length 0",
        "3 faults",
    ]
    handseg("validate", "--data", hands, "--submission", csv).must(2, *said)
    told("a row twice, one left out, a run of length 0: validate exits 2 and names each")
