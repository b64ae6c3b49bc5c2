"""Stages that read a run's stores and cache, and what they write."""

from collections.abc import Sequence
from pathlib import Path

from tests.faults.command import handseg
from tests.faults.fold_tables import TRAIN

CPU = ("--settings.device", "cpu", "--settings.precision", "float32", "--settings.threads", "1")


def vote(run: Path) -> list[object]:
    """Both members' test stores."""
    stores = [run / "stores" / member / "test" for member in ("fold0", "fold1")]
    return ["ensemble", "--stores", *stores, "--weights", "1", "2"]


def infer(run: Path) -> list[object]:
    """The first member and the test part."""
    made = ("--checkpoint", run / "members/fold0", "--cache", run / "cache", "--part", "test")
    return ["infer", *made, *CPU]


def train(run: Path) -> list[object]:
    """A member of two steps."""
    made = ("--cache", run / "cache", "--folds", run / "folds.csv", "--fold", "0", "--name", "m")
    return ["train", *made, *TRAIN, "--settings.device", "cpu", "--settings.precision", "float32"]


def made_by(words: Sequence[object], out: Path) -> dict[str, bytes]:
    """What a command writes, but for its record of times and hosts."""
    handseg(*words, "--out", out).must(0)
    return content_of(out)


def content_of(out: Path) -> dict[str, bytes]:
    """Files of what a command wrote and beside it, by name, without times and sums."""
    found = [out, *out.parent.glob(f"{out.name}.oof")]
    files = (path for one in found for path in ([one] if one.is_file() else one.iterdir()))
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for path in files
        if path.name not in ("run.json", "SHA256SUMS")
    }
