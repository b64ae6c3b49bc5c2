"""Row of stages that are run again: where they ended, and from nothing in another place."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.bucket import Bucket
from tests.faults.command import handseg
from tests.object_store.proxy import Proxy
from tests.timed import is_timed

# Recorded beside the settings that a command is given.
NOT_GIVEN = {"fold", "name", "part", "weights"}
MADE = {
    "split": ["folds.csv"],
    "preprocess": ["cache"],
    "train": ["members/fold0", "stores/fold0/oof"],
    "infer": ["stores/fold0/test"],
    "ensemble": ["submission.csv"],
}


def command(stage: str, done: Path, stored: Bucket, bucket: Bucket, settings: Path) -> list[object]:
    """A stage of the run `done`, from a bucket to another, with the settings that it had there."""
    data, run, out = stored.uri("hands"), stored.uri("run"), MADE[stage]
    places: dict[str, tuple[object, ...]] = {
        "split": ("--data", data),
        "preprocess": ("--data", data, "--folds", f"{run}/folds.csv"),
        "train": (
            *("--cache", f"{run}/cache", "--folds", f"{run}/folds.csv", "--fold", 0),
            *("--name", "fold0", "--oof", bucket.uri(out[-1])),
        ),
        "infer": (
            *("--checkpoint", f"{run}/members/fold0", "--cache", f"{run}/cache"),
            *("--part", "test"),
        ),
        "ensemble": ("--stores", f"{run}/stores/fold0/test", f"{run}/stores/fold1/test"),
    }
    record = done / out[0] / "run.json"
    if not record.is_file():
        record = done / f"{out[0]}.run.json"
    had = json.loads(record.read_text())["settings"]
    given = {name: value for name, value in had.items() if name not in NOT_GIVEN}
    settings.write_text(json.dumps(given))
    return [stage, *places[stage], "--out", bucket.uri(out[0]), "--settings", settings]


@pytest.mark.fault(28)
@pytest.mark.parametrize("stage", MADE)
def test_row_28_a_stage_run_again_and_elsewhere_gives_the_same_bytes(
    stage: str,
    done: Path,
    stored: Bucket,
    bucket: Bucket,
    between: Proxy,
    tmp_path: Path,
    told: Callable[[str], None],
) -> None:
    words = command(stage, done, stored, bucket, tmp_path / "settings.json")
    handseg(*words, variables=bucket.variables).must(0)
    objects = bucket.objects()
    compared = [key for key in objects if not is_timed(key)]
    assert {key for made in MADE[stage] for key in compared if key.startswith(made)} == set(
        compared
    )
    assert [key for key in compared if bucket.get(key) != (done / key).read_bytes()] == []
    before = bucket.etags()
    again = handseg(*words, variables=bucket.through(between).variables)
    again.must(0, "is complete: nothing to")
    assert bucket.etags() == before
    assert not [line for line in between.requests if not line.startswith(("GET", "HEAD"))]
    told(
        f"`handseg {stage}` from s3:// to s3:// makes the bytes of a run on a local disk; called "
        "again it writes nothing, exit 0"
    )
