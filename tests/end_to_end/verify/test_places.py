"""What can be verified besides a local run: one artifact, and a run in a bucket."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.verify.changed import first, flip


@pytest.mark.parametrize("name", ["cache", "folds.csv", "members/fold0", "run.json"])
def test_a_single_artifact_is_verified_alone(
    run: Path, name: str, verify: Callable[..., str]
) -> None:
    assert "1 verified" in verify(0, run / name)
    victim = run / name if (run / name).is_file() else run / name / "run.json"
    flip(victim)
    assert first(verify(2, run / name)).startswith(f"{victim}: SHA-256 is ")


def test_what_cannot_be_verified_is_refused(tmp_path: Path, verify: Callable[..., str]) -> None:
    assert "not found; give the folder of a run" in verify(2, tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("mine")
    assert "holds nothing that handseg made" in verify(2, tmp_path)


def test_a_run_in_a_bucket_is_verified_there(
    done: Path, object_store: Path, verify: Callable[..., str]
) -> None:
    shutil.copytree(done, object_store / "run")
    place = f"s3://{object_store.name}/run"
    assert "16 verified" in verify(0, place)
    assert "1 verified" in verify(0, f"{place}/folds.csv")
    flip(object_store / "run/members/fold0/card.json")
    (object_store / "run/cache/notes.txt").write_text("mine")
    said = verify(2, place)
    assert f"{place}/members/fold0/card.json: does not match its SHA-256" in said
    assert f"{place}/cache/notes.txt: its line in SHA256SUMS is absent" in said
    assert "not found" in verify(2, f"{place}/nowhere")
