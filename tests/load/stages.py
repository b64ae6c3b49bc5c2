"""The commands of a load, in order, as a user calls them one after another."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from handseg.presets import catalogue

_STEPS = 60
"""Enough that bones are found at all: inference has work only where something is."""


def commands(data: Path, work: Path, *, folds: int) -> Iterator[tuple[str, list[str]]]:
    """Name and words of every command; each reads what those before it wrote.

    Args:
        data: the raw data.
        work: an empty folder for everything else.
        folds: to split people into.
    """
    table, cache, member = work / "folds.csv", work / "cache", work / "member"
    settings = work / "train.json"
    tiny = catalogue.load("smoke", {"train": {"length": _STEPS}}).members[0].train
    settings.write_text(json.dumps(asdict(tiny)), encoding="utf-8")
    csv = work / "submission.csv"
    stores = {part: work / part for part in ("test", "oof")}
    yield "check", _words("check", data)
    yield "split", _words("split", "--data", data, "--out", table, "--settings.folds", folds)
    yield "preprocess", _words("preprocess", "--data", data, "--folds", table, "--out", cache)
    where = ("--cache", cache, "--folds", table)
    training = ("--fold", 0, "--out", member, "--oof", work / "oof-of-train")
    workers = ("--settings", settings, "--settings.workers", 1)
    yield "train", _words("train", *where, *training, *workers)
    for part, out in stores.items():
        how = ("--checkpoint", member, "--part", part, "--out", out, "--settings.device", "cpu")
        yield f"infer {part}", _words("infer", *where, *how)
    yield "ensemble", _words("ensemble", "--stores", stores["test"], "--weights", 1, "--out", csv)
    yield "validate", _words("validate", "--data", data, "--submission", csv)
    made = ("--members", member, "--stores", stores["oof"], "--submission", csv)
    yield "report", _words("report", *where, *made, "--out", work / "report.html")


def _words(*words: object) -> list[str]:
    return [str(word) for word in words]
