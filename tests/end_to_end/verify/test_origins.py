"""What an artifact was made from: one that does not fit the others is named, whole as it may be."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg import cli, provenance
from tests.end_to_end.verify.changed import edited, first, replaced


@pytest.mark.parametrize("name", ["members/fold0", "stores/fold1/oof", "submission.csv"])
def test_an_artifact_of_another_run_is_named(
    run: Path, other: Path, name: str, verify: Callable[..., str]
) -> None:
    replaced(run, other, name)
    line = first(verify(2, run))
    assert line.startswith(f"{run / name}: content hash is ")
    assert line.endswith("run.json lists another: put that back, or run again")


def test_without_the_runs_record_members_and_stores_of_two_runs_do_not_fit(
    run: Path, other: Path, verify: Callable[..., str]
) -> None:
    for path in run.glob("run.json*"):
        path.unlink()
    verify(0, run)
    replaced(run, other, "members/fold0")
    said = verify(2, run)
    assert f"{run}/stores/fold0/oof/run.json: parents.checkpoint is " in said
    assert "it was not made from members/fold0, members/fold1" in said


def test_another_fold_table_is_named(
    run: Path, data: Path, tmp_path: Path, verify: Callable[..., str]
) -> None:
    words = ["split", "--data", data, "--out", tmp_path / "new/folds.csv", "--settings.folds", "4"]
    assert cli.main(list(map(str, words))) == 0
    replaced(run, tmp_path / "new", "folds.csv")
    said = verify(2, run)
    assert first(said).startswith(f"{run}/folds.csv: content hash is ")
    assert f"{run}/cache/run.json: parents.folds is " in said


def test_settings_edited_in_a_record_are_named_though_its_sums_match(
    run: Path, verify: Callable[..., str]
) -> None:
    member = run / "members/fold0"
    settings = {**provenance.read(member)["settings"], "seed": 7}  # type: ignore[dict-item]
    edited(member, settings=settings)
    said = verify(2, run)
    assert first(said).startswith(f"{member}/run.json: SHA-256 of settings is ")
    # With the hash edited too, the run's record still knows better.
    edited(member, settings_hash=provenance.settings_hash(settings))
    said = verify(2, run)
    assert first(said).startswith(f"{member}/run.json: SHA-256 is ")
    assert "run.json lists another" in said
    edited(member, commit=None)
    assert f"{member}/run.json" in first(verify(2, run))


def test_an_origin_edited_in_a_record_is_named(run: Path, verify: Callable[..., str]) -> None:
    edited(run / "stores/fold0/oof", data=["0" * 64])
    edited(run / "members/fold0", folds=["0" * 64])
    said = verify(2, run)
    assert f"{run}/stores/fold0/oof/run.json: data is 0000000000000000..., expected " in said
    assert f"{run}/members/fold0/run.json: folds is 0000000000000000..., expected " in said


def test_a_shard_that_was_not_merged_is_named(run: Path, verify: Callable[..., str]) -> None:
    shutil.rmtree(run / "shards/1")
    verify(0, run)
    merged = provenance.read(run / "merged")
    edited(run / "merged", shards=["0" * 64, *merged["shards"][1:]])  # type: ignore[index]
    verify(0, run)
    edited(run / "merged", shards=["0" * 64, "1" * 64])
    assert first(verify(2, run)).startswith(f"{run}/shards/2: content hash is ")
