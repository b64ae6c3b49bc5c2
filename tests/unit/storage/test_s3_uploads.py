"""Uploads in parts that were cut off, and bodies that do not arrive as they were sent."""

import json
from pathlib import Path

import pytest

from handseg.errors import BadInput, HandsegError
from handseg.storage import artifact, s3, s3_uploads, snapshot
from handseg.storage.location import Location
from handseg.storage.s3_client import connect
from tests.object_store.proxy import Proxy


def _begin(location: Location) -> None:
    """What a killed process leaves."""
    bucket, key = location.uri.removeprefix("s3://").split("/", 1)
    connect(location.uri).create_multipart_upload(Bucket=bucket, Key=key)


def _open(bucket: Path) -> list[str]:
    found = connect("s3://").list_multipart_uploads(Bucket=bucket.name)
    return sorted(upload["Key"] for upload in found.get("Uploads", []))


def test_the_next_writer_aborts_what_a_killed_one_had_begun(object_store: Path) -> None:
    run = Location(f"s3://{object_store.name}/run")
    for name in ("cache", "cache/train.arrow", "cache2/train.arrow", "cache.csv"):
        _begin(run.child(name))
    with artifact.writing(run.child("cache"), folder=True) as path:
        (path / "train.arrow").write_text("x")
    assert _open(object_store) == ["run/cache.csv", "run/cache2/train.arrow"]
    with artifact.writing(run.child("cache.csv"), folder=False) as path:
        path.write_text("x")
    assert _open(object_store) == ["run/cache2/train.arrow"]


def test_the_next_state_pushed_aborts_what_a_killed_push_had_begun(
    object_store: Path, tmp_path: Path
) -> None:
    location = Location(f"s3://{object_store.name}/member.partial")
    _begin(location.child("0" * 64))
    (tmp_path / "state").write_text("step 1")
    snapshot.push(tmp_path, location)
    assert _open(object_store) == []


def test_uploads_whose_answers_were_lost_are_aborted(object_store: Path, between: Proxy) -> None:
    location = Location(f"s3://{object_store.name}/large.bin")
    late = "503 SlowDown late"
    # The first looks whether the store can be written; its abort is asked for twice, too.
    between.faults += [("POST", "/large.bin", late)] * 2 + [("DELETE", "/large.bin", late)]
    with artifact.writing(location, folder=False) as path:
        path.write_bytes(bytes(17 * 2**20))
    assert between.faults == []
    assert _open(object_store) == []


def test_a_store_that_lists_no_uploads_is_named_and_served(
    object_store: Path, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    location = Location(f"s3://{object_store.name}/run/cache")
    asked = f"GET /{object_store.name}?uploads"
    between.weather = lambda request: "403 No" if str(request).startswith(asked) else ""
    with artifact.writing(location, folder=True) as path:
        (path / "a").write_text("x")
    assert "uploads in parts that were cut off may stay open" in caplog.text
    assert artifact.exists(location)


def test_a_body_changed_on_the_way_is_sent_again(object_store: Path, between: Proxy) -> None:
    location = Location(f"s3://{object_store.name}/text")
    between.faults.append(("PUT", "/text", "400 BadDigest"))
    s3.put_text(location, "text")
    assert between.requests == [f"PUT /{object_store.name}/text"] * 2


def test_one_that_is_changed_every_time_is_an_error(
    object_store: Path, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    location = Location(f"s3://{object_store.name}/text")
    between.lasting.append(("PUT", "/text", "400 XAmzContentSHA256Mismatch"))
    with pytest.raises(HandsegError, match=r"other bytes than were sent \(XAmz.*every attempt"):
        s3.put_text(location, "text")
    assert len(between.requests) == 2


def test_what_a_store_cannot_do_is_not_asked_for_again(object_store: Path, between: Proxy) -> None:
    location = Location(f"s3://{object_store.name}/text")
    between.lasting.append(("POST", "/text", "501 NotImplemented"))
    with pytest.raises(BadInput, match=r"refuses CreateMultipartUpload \(NotImplemented\); check"):
        s3_uploads.check_writable(location)
    assert len(between.requests) == 1


def test_a_put_whose_answer_was_lost_is_known_as_ones_own(
    object_store: Path, between: Proxy
) -> None:
    location = Location(f"s3://{object_store.name}/text")
    between.faults.append(("PUT", "/text", "503 SlowDown late"))
    assert s3.put_new(location, json.dumps({"owner": 1}))
    assert s3.read_text(location) == '{"owner": 1}'
