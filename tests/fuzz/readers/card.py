"""A checkpoint's card."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from handseg import bones
from handseg.findings.finding import Finding
from handseg.settings import TrainSettings
from handseg.training import checkpoint
from handseg.training.checkpoint import Card, Measurement, WarmStart
from tests.fuzz.changes import trees
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_BARE = Card(
    name="fold0",
    fold=0,
    train=TrainSettings(),
    cache="a" * 64,
    folds="b" * 64,
    prior=[0.01] * bones.COUNT,
    steps=100,
    parameters=1234,
    device="cpu, float32",
)


def corpus() -> list[bytes]:
    """A card as a training begins it, and one with all there is."""
    line = Measurement(step=50, epoch=1.5, loss=0.7, learning_rate=1e-4, input_px=64, dice=0.5)
    start = WarmStart(
        member="old",
        checkpoint="c" * 64,
        values=10,
        of_values=12,
        allow_seen=False,
        seen_and_held_out=[],
    )
    full = replace(
        _BARE,
        mean_dice=0.9,
        dice_per_class={name: 0.9 for name in bones.NAMES[:3]},
        history=[line],
        seen={"d" * 16: ["e" * 16]},
        warm_start=start,
        findings=[Finding(name="over-training", about="fold0", detail="0.9 against 0.8")],
    )
    return [json.dumps(asdict(card)).encode() for card in (_BARE, full)]


def read(content: bytes, folder: Path) -> None:
    """Load it: what is taken is JSON again, and loaded again the same card."""
    path = folder / checkpoint.CARD
    path.write_bytes(content)
    card = checkpoint.load_card(folder)
    path.unlink()
    checkpoint.save_card(folder, card)
    must(checkpoint.load_card(folder) == card or "NaN" in path.read_text(), "saved, it differs")
    must(tuple(card.classes) == bones.NAMES, "other classes than the bones")


TARGET = Target(
    corpus=corpus, read=read, change=trees.change, names=checkpoint.CARD, most_bytes=8192
)
