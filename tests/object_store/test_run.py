"""Every artifact of a run under s3://, with the bytes of a local run; and a training that is killed
twice, once itself and once its store."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handseg.storage import artifact, s3, s3_listing
from handseg.storage.location import Location
from tests.object_store import proxy
from tests.object_store.client import client
from tests.object_store.servers import KEY, SECRET, Server
from tests.timed import is_timed

pytestmark = pytest.mark.s3
HANDS = ["--people", "4", "--test-people", "1", "--size", "160", "--seed", "5"]
STORE = "probabilities.arrow"
SMALL = [
    "--settings.model.name", "unet", "--settings.model.filters", "[16,32,64]",
    "--settings.model.input_px", "64", "--settings.model.output_px", "64",
    "--settings.unit", "steps", "--settings.target", "coverage", "--settings.batch_size", "4",
    "--settings.workers", "0", "--settings.threads", "1", "--settings.precision", "float32",
    "--settings.length", "40", "--settings.validate_every", "1000",
    "--settings.checkpoint_minutes", "0.001",
]  # fmt: skip


def handseg(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "handseg", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    """What a command said that did its work."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hands, and the smoke preset's run of them on this machine's disk."""
    root = tmp_path_factory.mktemp("here")
    ended(handseg("demo-data", root / "hands", *HANDS))
    ended(handseg("run", "--data", root / "hands", "--out", root / "run", "--preset", "smoke"))
    return root


@pytest.fixture(scope="module")
def there(here: Path, new_bucket: Location, server: Server) -> tuple[Location, str]:
    """The same in a bucket, and what the run said."""
    for path in (here / "hands").rglob("*"):
        if path.is_file():
            key = f"hands/{path.relative_to(here / 'hands')}"
            client(server).upload_file(str(path), new_bucket.name, key)
    data, out = new_bucket.child("hands"), new_bucket.child("run")
    words = ["--data", data, "--out", out, "--preset", "smoke", "--log_level", "debug"]
    return out, ended(handseg("run", *words))


def test_a_run_in_a_bucket_has_the_bytes_of_one_on_disk(
    here: Path, there: tuple[Location, str]
) -> None:
    out, _ = there
    names = [path.relative_to(here / "run").as_posix() for path in (here / "run").rglob("*")]
    files = {name for name in names if (here / "run" / name).is_file() and "/." not in f"/{name}"}
    assert set(s3_listing.sizes(out)) == files
    compared = [name for name in files if not is_timed(name)]
    stores = {f"stores/fold0/{part}/{STORE}" for part in ("oof", "test")}
    members = {f"members/fold0/{name}" for name in ("model.safetensors", "card.json")}
    assert {"submission.csv", "folds.csv", "cache/train.arrow", *stores, *members} <= set(compared)
    for name in compared:
        path = here / "run" / name
        assert s3.read_range(out.child(name), 0, path.stat().st_size) == path.read_bytes(), name


def test_no_secret_is_said_or_stored(there: tuple[Location, str]) -> None:
    out, said = there
    assert "step 9/9 report took" in said
    for canary in (KEY, SECRET):
        assert canary not in said
        for name, size in s3_listing.sizes(out).items():
            assert canary.encode() not in s3.read_range(out.child(name), 0, size), name


def test_a_shard_reads_its_own_images_alone(
    here: Path, there: tuple[Location, str], server: Server, tmp_path: Path
) -> None:
    out, _ = there
    words = ["infer", "--part", "oof", "--shard", "2/2", "--settings.batch_size", "1"]
    words += ["--settings.device", "cpu", "--settings.precision", "float32"]
    words += ["--settings.threads", "1"]

    def inputs(run: object) -> list[str]:
        return ["--checkpoint", f"{out}/members/fold0", "--cache", f"{run}/cache",
                "--folds", f"{run}/folds.csv"]  # fmt: skip

    with proxy.running(server.endpoint) as between, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", between.endpoint)
        ended(handseg(*words, *inputs(out), "--out", out.sibling("shard")))
    local = tmp_path / "shard"
    ended(handseg(*words, *inputs(here / "run"), "--out", local))
    with artifact.reading(out.sibling("shard")) as path:
        assert (path / STORE).read_bytes() == (local / STORE).read_bytes()
    read = [part for path, part in between.ranges if path.endswith("/cache/train.arrow")]
    index = json.loads((here / "run" / "cache" / "index.json").read_text())["images"]
    places = {f"bytes={first}-{first + length - 1}": name for name, _, _, first, length in index}
    assert len(read) == len(set(read)) == 2  # of four held-out images, and eight in the file
    assert set(read) <= set(places)
    assert not [line for line in between.requests if "/cache/test.arrow" in line]


def wait_until_pushed(state: Location, process: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + 120
    while not s3.has(state.child("SHA256SUMS")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.1)


def test_a_training_outlives_its_own_end_and_that_of_its_store(
    here: Path, there: tuple[Location, str], bucket: Location, server: Server, tmp_path: Path
) -> None:
    run, _ = there
    state, fold = bucket.child("states/fold0"), ["--fold", "0", "--name", "fold0", *SMALL]
    words = ["train", "--cache", run.child("cache"), "--folds", run.child("folds.csv"), *fold]
    words += ["--out", bucket.child("fold0"), "--state", state]
    first = handseg(*words)
    wait_until_pushed(state, first)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not artifact.exists(bucket.child("fold0"))
    second = handseg(*words)
    time.sleep(3)  # somewhere between its start and its last push
    server.kill()
    server.start()
    said = ended(second)
    assert f"{state}: going on from the state found there" in said
    assert "fold0: resumed at step" in said
    alone = ["--cache", here / "run" / "cache", "--folds", here / "run" / "folds.csv"]
    ended(handseg("train", *alone, *fold, "--out", tmp_path / "fold0"))
    with artifact.reading(bucket.child("fold0")) as path:
        for name in ("model.safetensors", "last.safetensors"):
            assert (path / name).read_bytes() == (tmp_path / "fold0" / name).read_bytes()
    assert not [name for name in s3_listing.sizes(bucket) if ".lock/" in name]
