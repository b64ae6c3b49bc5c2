"""Probabilities: the store, the vote, and the way from logits to masks."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray

from handseg import bones
from handseg.ensemble import voting
from handseg.inference import refinement
from handseg.inference.store import FILE_NAME, Store, StoreWriter
from handseg.inference.tail import Tail
from handseg.inference.tiles import LEVELS, ImageTiles, TileBuilder, plane_roi
from handseg.masks import dice, rle
from handseg.models.refine import Refine
from handseg.stages.ensemble import ensemble
from tests.benchmarks.case import CUT, MEMBERS, SIDE, Case, store_card
from tests.benchmarks.row import Ended, Row, require
from tests.benchmarks.rows_masks import encode_plane

_MOST_FLIPPED = 2e-3
"""Of the foreground pixels, those that may end otherwise: 255ths and a cut instead of float32."""
IMAGES = 288


def _write_npz(case: Case) -> Callable[[], object]:
    maps, path = case.dense(), case.folder / "member.npz"

    def write() -> Path:
        np.savez_compressed(path, probabilities=maps)
        return path

    return write


def _write_store(case: Case) -> Callable[[], object]:
    regions, folder = case.regions(), case.folder / "written"
    folder.mkdir(exist_ok=True)
    record = case.record

    def write() -> Path:
        builder = TileBuilder(record.name, record.person, height=SIDE, width=SIDE)
        for region in regions:
            builder.add(region.class_id, region.values, top=region.top, left=region.left)
        with StoreWriter(folder, store_card(0)) as file:
            file.add(builder.build())
        return folder / FILE_NAME

    return write


def _read_npz(case: Case) -> Callable[[], object]:
    path = case.folder / "member.npz"
    if not path.exists():
        np.savez_compressed(path, probabilities=case.dense())

    def read() -> NDArray[np.float32]:
        with np.load(path) as file:
            return np.asarray(file["probabilities"])

    return read


def _read_store(case: Case) -> Callable[[], object]:
    folder = case.store(0)
    return lambda: Store(folder).read("image0000.png")


def _same_probabilities(case: Case, _: object, ours: object) -> None:
    tiles = ours
    if isinstance(ours, Path):
        tiles = Store(ours.parent).read(case.record.name)
    if not isinstance(tiles, ImageTiles):
        raise TypeError(f"tiles expected, got {ours!r}")
    for class_id, plane in enumerate(case.dense()):
        found = np.zeros_like(plane)
        roi = plane_roi(tiles, class_id)
        height, width = roi.values.shape
        found[roi.top : roi.top + height, roi.left : roi.left + width] = roi.values / LEVELS
        kept = plane >= (CUT + 0.5) / LEVELS
        worst = float(np.abs(found - plane)[kept].max())
        require(worst <= 1 / 510 + 1e-6, f"{bones.NAMES[class_id]} is off by {worst:.5f}")


def streamed_vote(paths: Sequence[Path]) -> list[str]:
    """One member after another added up, float32; then the threshold and RLE."""
    total = np.zeros((bones.COUNT, SIDE, SIDE), np.float32)
    for path in paths:
        total += np.load(path)
    total /= len(paths)
    return [encode_plane(plane >= 0.5) for plane in total]


def _vote_dense(case: Case) -> Callable[[], object]:
    paths = [case.dense_file(member) for member in range(MEMBERS)]
    return lambda: streamed_vote(paths)


def _vote_stores(case: Case) -> Callable[[], object]:
    stores = [Store(case.store(member)) for member in range(MEMBERS)]

    def vote() -> list[str]:
        found = [store.read("image0000.png") for store in stores]
        return [rle.to_text(runs) for runs in voting.vote(found, [1.0] * MEMBERS, 0.5)]

    return vote


def _nearly_the_same_masks(_: Case, baseline: object, ours: object) -> None:
    if not isinstance(baseline, list) or not isinstance(ours, list):
        raise TypeError("two lists of RLE texts expected")
    flipped = total = 0
    for first, second in zip(baseline, ours, strict=True):
        a, b = rle.parse(first, SIDE * SIDE), rle.parse(second, SIDE * SIDE)
        flipped += rle.area(a) + rle.area(b) - 2 * dice.intersection(a, b)
        total += rle.area(a)
    require(flipped <= _MOST_FLIPPED * total, f"{flipped} of {total} foreground pixels differ")


def _whole_ensemble(case: Case) -> Callable[[], object]:
    stores = [str(case.store(member, IMAGES)) for member in range(MEMBERS)]
    out = case.folder / "votes.csv"

    def vote() -> Ended:
        for path in case.folder.glob(f"{out.name}*"):
            path.unlink()
        words = [sys.executable, "-m", "tests.benchmarks.vote_alone", str(out), *stores]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        lines = out.read_text(encoding="ascii").splitlines()
        return Ended(float(done.stdout.splitlines()[-1]), len(lines))

    return vote


def _all_rows(_: Case, __: object, ours: object) -> None:
    lines = ours.lines if isinstance(ours, Ended) else 0
    require(lines == 1 + IMAGES * bones.COUNT, f"the CSV has {lines} lines")


def _refine() -> Refine:
    torch.manual_seed(4)
    refine = Refine(bones.COUNT)
    with torch.no_grad():
        for parameter in refine.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return refine


def _dense_tail(case: Case) -> Callable[[], object]:
    native, refine = torch.from_numpy(case.native()), _refine()

    @torch.no_grad()
    def predict() -> list[str]:
        logits = F.interpolate(native[None], size=(SIDE, SIDE), mode="bilinear")
        logits = F.conv2d(
            logits, refine.widen.weight, refine.widen.bias, padding=1, groups=bones.COUNT
        )
        logits = F.conv2d(
            logits, refine.merge.weight, refine.merge.bias, padding=1, groups=bones.COUNT
        )
        masks = (torch.sigmoid(logits)[0] >= 0.5).numpy()
        return [encode_plane(mask) for mask in masks]

    return predict


def _tail(case: Case) -> Callable[[], object]:
    native = case.native()
    tail = Tail(Fraction(SIDE, native.shape[-1]), refinement.of_classes(_refine()), CUT)
    record = case.record

    def predict() -> list[str]:
        builder = TileBuilder(record.name, record.person, height=SIDE, width=SIDE)
        for region in tail.regions(native, (SIDE, SIDE)):
            builder.add(region.class_id, region.values, top=region.top, left=region.left)
        return [rle.to_text(runs) for runs in voting.vote([builder.build()], [1.0], 0.5)]

    return predict


ROWS = (
    Row(
        name="store_size",
        about="one image's probabilities by one member, on disk",
        goal=300,
        baseline=_write_npz,
        ours=_write_store,
        same=_same_probabilities,
        calls=(StoreWriter.add, TileBuilder.add),
        unit="bytes",
        pairs=1,
    ),
    Row(
        name="store_write",
        about="the same, written",
        goal=100,
        baseline=_write_npz,
        ours=_write_store,
        same=_same_probabilities,
        calls=(StoreWriter.add, TileBuilder.add),
        pairs=3,
    ),
    Row(
        name="store_read",
        about="the same, read",
        goal=300,
        baseline=_read_npz,
        ours=_read_store,
        same=_same_probabilities,
        calls=(Store.read,),
    ),
    Row(
        name="vote",
        about="soft vote of 5 members and RLE, one image",
        goal=40,
        baseline=_vote_dense,
        ours=_vote_stores,
        same=_nearly_the_same_masks,
        calls=(Store.read, voting.vote, rle.to_text),
    ),
    Row(
        name="vote_memory",
        about=f"most memory of the ensemble stage, {IMAGES} images by 5 members",
        goal=200,
        baseline=_vote_dense,
        ours=_whole_ensemble,
        same=_all_rows,
        calls=(ensemble,),
        unit="MB",
        pairs=1,
        is_limit=True,
    ),
    Row(
        name="ensemble_288x5",
        about=f"the ensemble stage, {IMAGES} images by 5 members, on {os.cpu_count()} cores",
        goal=15,
        baseline=_vote_dense,
        ours=_whole_ensemble,
        same=_all_rows,
        calls=(ensemble,),
        pairs=1,
        is_limit=True,
    ),
    Row(
        name="tail",
        about="512 logits -> 2048 -> refined -> masks -> RLE",
        goal=30,
        baseline=_dense_tail,
        ours=_tail,
        same=_nearly_the_same_masks,
        calls=(Tail.regions, TileBuilder.add, voting.vote, rle.to_text),
    ),
)
