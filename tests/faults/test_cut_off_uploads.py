"""Row of uploads in parts that end before their last part."""

import json
import signal
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from handseg.storage import sums
from tests.faults.bucket import Bucket
from tests.faults.command import handseg, start, until, wait
from tests.object_store.proxy import Proxy

FILE = "/cache/train.arrow"
ABORTED = "1 uploads in parts that had been cut off are aborted"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hands whose cache is a file of 25 MB, which goes up in two parts, and their fold table."""
    folder = tmp_path_factory.mktemp("large")
    hands = ("--people", 3, "--test-people", 0, "--size", 2048, "--seed", 5)
    handseg("demo-data", folder / "hands", *hands).must(0)
    words = ("--out", folder / "folds.csv", "--settings.folds", 2)
    handseg("split", "--data", folder / "hands", *words).must(0)
    return folder


def command(large: Path, bucket: Bucket) -> list[object]:
    """What writes that cache into a bucket."""
    words = ("--folds", large / "folds.csv", "--settings.compression", "none")
    return ["preprocess", "--data", large / "hands", *words, "--out", bucket.uri("cache")]


def is_half_up(between: Proxy) -> bool:
    """Whether a part is on its way."""
    return any("partNumber=" in line for line in between.requests)


def is_whole(bucket: Bucket) -> bool:
    """Whether the cache is there, with the bytes that its sums name, and nothing else is left."""
    listed = sums.parse(_text(bucket, "SHA256SUMS"), "SHA256SUMS")
    wanted = {f"cache/{name}" for name in (*listed, "SHA256SUMS")}
    content = bucket.get(FILE.lstrip("/"))
    images = json.loads(_text(bucket, "index.json"))["images"]
    whole = sha256(content).hexdigest() == listed["train.arrow"] and len(images) == 6
    return whole and set(bucket.objects()) == wanted and bucket.uploads() == []


def _text(bucket: Bucket, name: str) -> str:
    return bucket.get(f"cache/{name}").decode()


@pytest.mark.fault(23)
def test_row_23_a_process_killed_in_the_middle_leaves_no_object(
    large: Path, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    between.lasting.append(("PUT", FILE, "stall"))
    words, seen = command(large, bucket), bucket.through(between)
    process = start(*words, variables=seen.variables)
    until(lambda: is_half_up(between), process)
    process.kill()
    wait(process)
    assert bucket.uploads() == ["cache/train.arrow"]
    assert not {"cache/train.arrow", "cache/SHA256SUMS"} & set(bucket.objects())
    between.lasting.clear()
    handseg(*words, variables=seen.variables).must(0, ABORTED)
    assert is_whole(bucket)
    told(
        "`handseg preprocess` to s3:// killed by SIGKILL between the parts of a 25 MB cache: no "
        "object; the same command again aborts the upload that was left, exit 0, the cache is whole"
    )


@pytest.mark.fault(23)
def test_row_23_a_process_asked_to_end_aborts_at_once(
    large: Path, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    between.faults += [("PUT", FILE, "stall")] * 2
    process = start(*command(large, bucket), variables=bucket.through(between).variables)
    until(lambda: is_half_up(between), process)
    process.send_signal(signal.SIGTERM)
    between.resumed.set()
    wait(process).must(143, "run the same command again to go on")
    assert bucket.uploads() == []
    assert not {"cache/train.arrow", "cache/SHA256SUMS"} & set(bucket.objects())
    told("SIGTERM there: exit 143, the upload aborted, no object")


@pytest.mark.fault(23)
def test_row_23_a_connection_that_dies_in_the_middle_leaves_no_object(
    large: Path, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    between.lasting.append(("PUT", FILE, "torn"))
    seen = bucket.through(between, AWS_MAX_ATTEMPTS="2")
    failed = handseg(*command(large, bucket), variables=seen.variables)
    failed.must(2, bucket.uri("cache"), "failed after every attempt", "raise AWS_MAX_ATTEMPTS")
    assert bucket.uploads() == []
    assert not {"cache/train.arrow", "cache/SHA256SUMS"} & set(bucket.objects())
    between.lasting.clear()
    handseg(*command(large, bucket), variables=seen.variables).must(0)
    assert is_whole(bucket)
    told(
        "every part's connection reset in its middle: exit 2, the upload aborted at once, no "
        "object; once the network is mended the same command ends with 0"
    )
