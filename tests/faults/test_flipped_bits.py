"""Rows of bits flipped between a command and an object store, on either way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.bucket import Bucket
from tests.faults.command import Ended, handseg
from tests.faults.test_network import split
from tests.object_store.proxy import Proxy

DIGIT = 'flip 96 at "points": [['
"""A coordinate's first digit becomes another: nothing of the file itself tells."""
STORE = "/stores/fold0/test/probabilities.arrow"


def vote(stored: Bucket, bucket: Bucket) -> Ended:
    """The vote of a stored run's members into a bucket."""
    stores = [stored.uri(f"run/stores/fold{fold}/test") for fold in (0, 1)]
    words = ("ensemble", "--stores", *stores, "--out", bucket.uri("submission.csv"))
    return handseg(*words, variables=bucket.variables)


@pytest.mark.fault(22)
def test_row_22_an_artifact_with_a_bit_flipped_on_its_way_is_downloaded_again(
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    between.faults.append(("GET", STORE, "flip 70007"))
    ended = vote(stored, bucket.through(between))
    ended.must(0, "probabilities.arrow differ from their SHA-256; once more")
    assert bucket.get("submission.csv") == (done / "submission.csv").read_bytes()
    told("one bit of a probability store: downloaded once more; exit 0, the same submission")


@pytest.mark.fault(22)
def test_row_22_one_that_is_flipped_again_is_refused(
    stored: Bucket, bucket: Bucket, between: Proxy, told: Callable[[str], None]
) -> None:
    between.faults += [("GET", STORE, "flip 70007")] * 2
    refused = vote(stored, bucket.through(between))
    place = stored.uri(f"run{STORE}")
    refused.must(2, f"{place}: does not match its SHA-256, downloaded twice; make it again")
    assert bucket.objects() == []
    told(f"flipped again: exit 2: {refused.last_line.replace(stored.name, 'bucket')}; no object")


@pytest.mark.fault(22)
def test_row_22_an_annotation_without_sums_is_held_to_its_etag(
    hands: Path,
    stored: Bucket,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    name = min(path.name for path in hands.glob("train/outputs_json/*/*.json"))
    words, seen = ("check", stored.uri("hands")), bucket.through(between)
    between.faults += [("GET", f"/{name}", DIGIT)] * 2
    refused = handseg(*words, variables=seen.variables)
    refused.must(2, f"/{name}: differs from the MD5 that the store keeps of it", "downloaded twice")
    between.faults.append(("GET", f"/{name}", DIGIT))
    handseg(*words, variables=seen.variables).must(0, f"/{name} differ from their ETag; once more")
    assert between.faults == []
    told(
        "a digit of an annotation that users brought, without sums: found by the store's MD5 "
        "(ETag) and downloaded once more, exit 0; flipped again, exit 2 names the file"
    )


@pytest.mark.fault(22)
def test_row_22_a_listing_with_a_bit_flipped_is_asked_for_again(
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    between.faults.append(("GET", f"/{stored.name}", "flip 0 at </Key>"))
    split(stored.uri("hands"), bucket.through(between)).must(0)
    assert between.faults == []
    assert bucket.get("folds.csv") == (done / "folds.csv").read_bytes()
    told("a bit of the listing of the data: asked for again; exit 0, the same folds")


@pytest.mark.fault(22)
def test_row_22_a_bit_flipped_on_the_way_up_is_never_read_as_right(
    stored: Bucket,
    done: Path,
    bucket: Bucket,
    between: Proxy,
    told: Callable[[str], None],
) -> None:
    between.faults.append(("PUT", "/folds.csv", "garble 333"))
    split(stored.uri("hands"), bucket.through(between)).must(0)
    assert between.faults == []
    sent = sum(line == f"PUT /{bucket.name}/folds.csv" for line in between.requests)
    intact = bucket.get("folds.csv") == (done / "folds.csv").read_bytes()
    words = ("preprocess", "--data", stored.uri("hands"), "--folds", bucket.uri("folds.csv"))
    next_one = handseg(*words, "--out", bucket.uri("cache"), variables=bucket.variables)
    if bucket.server.heeds_sums:
        assert (sent, intact) == (2, True)
        next_one.must(0)
        told("flipped on the way up: the store refuses it, and it is sent again; exit 0")
    else:
        assert (sent, intact) == (1, False)
        next_one.must(2, f"{bucket.uri('folds.csv')}: does not match its SHA-256")
        told("flipped on the way up, which this store takes: the next stage refuses it, exit 2")
