"""The way from a network's logits to masks."""

from collections.abc import Callable
from fractions import Fraction

import torch
import torch.nn.functional as F  # noqa: N812

from handseg import bones
from handseg.ensemble import voting
from handseg.inference import refinement
from handseg.inference.tail import Tail
from handseg.inference.tiles import TileBuilder
from handseg.masks import rle
from tests.benchmarks.case import CUT, SIDE, Case, learned_refine
from tests.benchmarks.row import Row
from tests.benchmarks.rows_masks import encode_plane
from tests.benchmarks.rows_votes import nearly_the_same_masks


def _dense_tail(case: Case) -> Callable[[], object]:
    native, refine = torch.from_numpy(case.native()), learned_refine()

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
    tail = Tail(Fraction(SIDE, native.shape[-1]), refinement.of_classes(learned_refine()), CUT)
    record = case.record

    def predict() -> list[str]:
        builder = TileBuilder(record.name, record.person, height=SIDE, width=SIDE)
        for region in tail.regions(native, (SIDE, SIDE)):
            builder.add(region.class_id, region.values, top=region.top, left=region.left)
        return [rle.to_text(runs) for runs in voting.vote([builder.build()], [1.0], 0.5)]

    return predict


ROWS = (
    Row(
        name="tail",
        about="512 logits -> 2048 -> refined -> masks -> RLE",
        goal=30,
        baseline=_dense_tail,
        ours=_tail,
        same=nearly_the_same_masks,
        calls=(Tail.regions, TileBuilder.add, voting.vote, rle.to_text),
    ),
)
