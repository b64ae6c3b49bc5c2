"""Rows of the network before an object store: it stutters, and it stays broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.bucket import Bucket
from tests.faults.command import Ended, handseg
from tests.object_store.proxy import Proxy

IMAGE, TABLE = ".png", "/folds.csv"
ATTEMPTS = 3


def split(data: str, bucket: Bucket) -> Ended:
    """`handseg split` from one bucket into another, as `bucket` finds both."""
    words = ("split", "--data", data, "--out", bucket.uri("folds.csv"), "--settings.folds", 2)
    return handseg(*words, variables=bucket.variables)


def passing(kind: str, data: str, bucket: Bucket, between: Proxy) -> Ended:
    """A split during which a download and an upload fail twice and then succeed."""
    between.faults += [(method, end, kind) for method, end in (("GET", IMAGE), ("PUT", TABLE))] * 2
    ended = split(data, bucket.through(between)).must(0)
    assert between.faults == []
    assert sum(line == f"PUT /{bucket.name}{TABLE}" for line in between.requests) == 3
    return ended


def lasting(kind: str, data: str, bucket: Bucket, between: Proxy) -> Ended:
    """A split whose upload fails every time; there is no fold table then."""
    between.lasting.append(("PUT", TABLE, kind))
    between.requests.clear()
    tried = split(data, bucket.through(between, AWS_MAX_ATTEMPTS=str(ATTEMPTS)))
    tried.must(2, bucket.uri("folds.csv"), "try again later", "raise AWS_MAX_ATTEMPTS")
    asked = [line for line in between.requests if line == f"PUT /{bucket.name}{TABLE}"]
    assert len(asked) == ATTEMPTS
    assert not {"folds.csv", "folds.csv.sha256"} & set(bucket.objects())
    return tried


@pytest.mark.fault(19)
def test_row_19_a_store_that_is_overloaded_is_waited_for(
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    ended = passing("503 SlowDown", stored.uri("hands"), bucket, between)
    ended.must(0, "the object store failed 2 times (SlowDown); once more in")
    assert bucket.get("folds.csv") == (done / "folds.csv").read_bytes()
    told(
        "`handseg split` from s3:// to s3:// with 503 twice for an image and twice for the fold "
        "table: each asked for a third time after half to all of 1 and 2 s; exit 0, the same bytes"
    )


@pytest.mark.fault(19)
def test_row_19_one_that_stays_so_is_an_error(
    stored: Bucket, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    tried = lasting("503 SlowDown", stored.uri("hands"), bucket, between)
    tried.must(2, "the store is overloaded or failing (SlowDown, every attempt)")
    told(
        f"503 for ever: exit 2 after AWS_MAX_ATTEMPTS={ATTEMPTS}: {tried.last_line}; no fold table"
    )


@pytest.mark.fault(20)
@pytest.mark.parametrize("kind", ["reset", "torn"])
def test_row_20_a_connection_that_is_reset_is_made_again(
    kind: str,
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    ended = passing(kind, stored.uri("hands"), bucket, between)
    ended.must(0, "the object store failed 2 times (ConnectionClosedError); once more in")
    assert bucket.get("folds.csv") == (done / "folds.csv").read_bytes()
    where = {"reset": "before the answer", "torn": "in the middle of a body"}[kind]
    told(f"reset twice {where}, down and up: a third time; exit 0, the same bytes")


@pytest.mark.fault(20)
def test_row_20_one_that_is_always_reset_is_an_error(
    stored: Bucket, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    tried = lasting("torn", stored.uri("hands"), bucket, between)
    tried.must(2, "failed after every attempt (ConnectionClosedError)", "check AWS_ENDPOINT_URL")
    told(f"always reset: exit 2: {tried.last_line}; no fold table")


@pytest.mark.fault(21)
def test_row_21_a_body_cut_short_is_asked_for_again(
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    between.faults += [("GET", IMAGE, "cut")] * 3
    split(stored.uri("hands"), bucket.through(between)).must(0)
    assert between.faults == []
    assert bucket.get("folds.csv") == (done / "folds.csv").read_bytes()
    told("three images cut in half: asked for again; exit 0, the same bytes")


@pytest.mark.fault(21)
def test_row_21_bodies_always_cut_short_leave_nothing(
    stored: Bucket,
    bucket: Bucket,
    between: Proxy,
    tmp_path: Path,
    told: Callable[[str], None],
) -> None:
    between.lasting.append(("GET", IMAGE, "cut"))
    seen = bucket.through(between, TMPDIR=str(tmp_path))
    tried = split(stored.uri("hands"), seen)
    tried.must(2, stored.uri("hands"), "failed after every attempt", "IncompleteRead")
    assert bucket.objects() == []
    assert list(tmp_path.iterdir()) == []
    told(f"every image cut: exit 2: {tried.last_line}; no object, no temporary file")
