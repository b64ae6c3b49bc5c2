"""One member's store card; tests replace what they are about."""

from handseg import bones
from handseg.inference.store import StoreCard

CARD = StoreCard(
    member="m0",
    fold=0,
    part="test",
    classes=list(bones.NAMES),
    dice=0.9,
    cut_level=8,
    checkpoint="a",
    cache="b",
    folds="c",
)
