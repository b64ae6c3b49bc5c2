"""A run's files: one that is changed, missing or too many is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg.storage import sums
from tests.end_to_end.verify.changed import first, flip

EVERY_KIND = [
    "folds.csv",
    "folds.csv.run.json",
    "eda/eda.json",
    "cache/train.arrow",
    "cache/manifest.csv",
    "cache/run.json",
    "members/fold1/model.safetensors",
    "members/fold1/card.json",
    "members/fold1/run.json",
    "stores/fold0/oof/probabilities.arrow",
    "stores/fold0/test/run.json",
    "choice.json",
    "choice.json.run.json",
    "submission.csv",
    "submission.csv.run.json",
    "report.html",
    "report.html.run.json",
    "run.json",
]


def test_a_run_that_nobody_touched_is_as_it_was_made(
    done: Path, data: Path, verify: Callable[..., str]
) -> None:
    said = verify(0, done, "--data", data)
    names = {line.split()[1] for line in said.splitlines() if line.startswith("ok")}
    members = {f"members/fold{i}" for i in range(2)}
    stores = {f"stores/fold{i}/{part}" for i in range(2) for part in ("oof", "test")}
    files = {"folds.csv", "choice.json", "submission.csv", "report.html", "run.json"}
    sharded = {"shards/1", "shards/2", "merged"}
    assert names == {"data", "eda", "cache", *members, *stores, *files, *sharded}
    assert said.endswith("17 verified, all as they were made\n")


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_flipped_bit_is_named_with_both_hashes(
    run: Path, name: str, verify: Callable[..., str]
) -> None:
    before = sums.file_sha256(run / name)
    flip(run / name)
    after = sums.file_sha256(run / name)
    said = verify(2, run)
    line = first(said)
    assert line.startswith(f"{run / name}: SHA-256 is {after[:16]}..., expected {before[:16]}...")
    assert "copy it again, or make " in line
    assert "1 of 16 differ" in said


def test_a_file_that_is_missing_and_one_too_many_are_named(
    run: Path, verify: Callable[..., str]
) -> None:
    (run / "members/fold0/model.safetensors").unlink()
    (run / "cache/notes.txt").write_text("mine")
    (run / "notes.txt").write_text("beside the artifacts, where it does no harm")
    said = verify(2, run)
    assert f"{run}/members/fold0/model.safetensors: SHA-256 is absent, expected" in said
    assert first(said).startswith(f"{run}/cache/notes.txt: its line in SHA256SUMS is absent")
    assert "2 of 16 differ" in said


def test_sums_that_are_missing_are_named(run: Path, verify: Callable[..., str]) -> None:
    (run / "cache/SHA256SUMS").unlink()
    (run / "submission.csv.sha256").unlink()
    said = verify(2, run)
    assert f"{run}/cache/SHA256SUMS: not found" in said
    assert f"{run}/submission.csv.sha256: not found" in said
    assert "2 of 16 differ" in said


def test_an_artifact_that_is_missing_is_named_by_the_runs_record(
    run: Path, verify: Callable[..., str]
) -> None:
    shutil.rmtree(run / "stores/fold1/test")
    said = verify(2, run)
    assert f"{run}/stores/fold1/test: artifact is absent" in said
    assert "run.json lists it: put it back, or run again" in said


def test_json_holds_every_difference_and_the_first(run: Path, verify: Callable[..., str]) -> None:
    fine = json.loads(verify(0, run, "--json"))
    assert fine["ok"] and fine["first"] is None
    assert len(fine["artifacts"]) == 16
    flip(run / "submission.csv")
    answer = json.loads(verify(2, run, "--json"))
    wrong = [one for one in answer["artifacts"] if one["differences"]]
    assert [one["name"] for one in wrong] == ["submission.csv"]
    assert answer["first"] == wrong[0]["differences"][0]
    assert answer["first"]["found"] == sums.file_sha256(run / "submission.csv")
