"""Wrong keys, no bucket, flipped bits, large objects, several writers: against a real store."""

import logging
import os
import subprocess
import sys
import threading
import time

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.storage import artifact, s3, s3_lock
from handseg.storage.location import Location
from tests.object_store import proxy
from tests.object_store.client import client
from tests.object_store.servers import SECRET, Server

pytestmark = pytest.mark.s3
# Takes the lock, says so, and writes when its input ends.
WRITER = """
import sys
from handseg.storage import artifact
from handseg.storage.location import Location
with artifact.writing(Location(sys.argv[1]), folder=True) as path:
    print("writing", flush=True)
    sys.stdin.read()
    (path / "content").write_text(sys.argv[2])
"""
LARGE_BYTES = 40 * 2**20


def write(location: Location, content: bytes) -> None:
    with artifact.writing(location, folder=True) as path:
        (path / "content").write_bytes(content)


def read(location: Location) -> bytes:
    with artifact.reading(location) as path:
        return (path / "content").read_bytes()


def writer(location: Location, content: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(location), content],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_writers_that_begin_together_one_wins_and_is_named_to_the_others(
    bucket: Location, server: Server
) -> None:
    location = bucket.child("run/cache")
    writers = {str(number): writer(location, str(number)) for number in range(4)}
    limit = time.monotonic() + 120
    while sum(process.poll() is None for process in writers.values()) > 1:
        assert time.monotonic() < limit
        time.sleep(0.05)
    ended = {content: process.communicate("") for content, process in writers.items()}
    (winner,) = [content for content, process in writers.items() if process.returncode == 0]
    assert read(location).decode() == winner
    for content, (said, errors) in ended.items():
        if content != winner:
            assert said == ""
            holder = f"process {writers[winner].pid} on "
            assert "BadInput" in errors and holder in errors and "is writing it since" in errors
    assert not [key for key in keys(server, bucket) if "lock" in key]


def test_a_lock_that_a_killed_writer_left_is_taken_over(bucket: Location, server: Server) -> None:
    location = bucket.child("run/cache")
    process = writer(location, "killed")
    assert process.stdout is not None and process.stdout.readline() == "writing\n"
    process.kill()
    process.communicate()
    assert [key for key in keys(server, bucket) if key.startswith("run/.cache.lock/1")]
    write(location, b"next")
    assert keys(server, bucket) == ["run/cache/SHA256SUMS", "run/cache/content"]


def test_a_writer_on_another_machine_that_lives_is_not_disturbed(bucket: Location) -> None:
    location = bucket.child("run/cache")
    quick = s3_lock.Lease(seconds=3.0, beat_seconds=0.3)
    with s3_lock.holding(location, quick) as lock:
        # As a machine sees it that cannot look at this one's processes.
        seen = lock.text().replace('"process": [', '"process": ["elsewhere", 1, "1", ')
        assert seen != lock.text()
    stop = threading.Event()

    def live() -> None:
        place, beats = location.sibling(".cache.lock").child("1"), 0
        while not stop.wait(0.3):
            beats += 1
            s3.put_text(place, seen.replace('"beats": 0', f'"beats": {beats}'))
        s3.delete_object(place)

    thread = threading.Thread(target=live)
    thread.start()
    time.sleep(0.6)
    with pytest.raises(BadInput, match="is writing it since"), s3_lock.holding(location, quick):
        pass
    stop.set()
    thread.join()
    write(location, b"later")


def test_a_large_file_goes_up_in_parts_and_comes_down_in_ranges(
    bucket: Location, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    location, content = bucket.child("large"), os.urandom(LARGE_BYTES)
    with proxy.running(server.endpoint) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.endpoint)
        write(location, content)
        assert read(location) == content
    parts = [line for line in between.requests if "partNumber=" in line]
    assert len(parts) == 3  # of 16, 16 and 8 MiB
    ranges = [part for path, part in between.ranges if path.endswith("/large/content")]
    assert sorted(ranges) == ["bytes=0-16777215", "bytes=16777216-33554431", "bytes=33554432-"]


def test_a_flipped_bit_in_the_store_is_refused(bucket: Location, server: Server) -> None:
    location, content = bucket.child("cache"), bytearray(os.urandom(2**20))
    write(location, bytes(content))
    content[1000] ^= 4
    client(server).put_object(Bucket=bucket.name, Key="cache/content", Body=bytes(content))
    with pytest.raises(BadInput, match="cache/content: does not match its SHA-256, downloaded tw"):
        read(location)


def test_wrong_keys_are_refused_without_showing_any(
    bucket: Location, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "handseg")
    wrong = "wrongwrongwrongwrong"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", wrong)
    with pytest.raises(BadInput, match="access denied") as raised:
        write(bucket.child("cache"), b"")
    assert wrong not in caplog.text + str(raised.value)
    assert SECRET not in caplog.text + str(raised.value)


def test_a_missing_bucket_is_named(bucket: Location) -> None:
    nowhere = Location(f"{bucket}-nowhere/cache")
    with pytest.raises(MissingInput, match=f"{bucket}-nowhere.*: no such bucket; create it"):
        write(nowhere, b"")
    with pytest.raises(MissingInput, match=f"{bucket}-nowhere.*: no such bucket; create it"):
        read(nowhere)


def test_what_was_acknowledged_outlives_a_killed_server_and_the_rest_waits_for_it(
    bucket: Location, server: Server
) -> None:
    contents = [os.urandom(3 * 2**20) for _ in range(6)]
    written: list[int] = []

    def fail() -> None:
        while len(written) < 2:
            time.sleep(0.005)
        server.kill()
        server.start()

    thread = threading.Thread(target=fail)
    thread.start()
    for number, content in enumerate(contents):
        write(bucket.child(f"cache{number}"), content)
        written.append(number)
    thread.join()
    assert [read(bucket.child(f"cache{number}")) for number in written] == contents


def keys(server: Server, bucket: Location) -> list[str]:
    found = client(server).list_objects_v2(Bucket=bucket.name).get("Contents", [])
    return sorted(entry["Key"] for entry in found)


def test_the_servers_are_told_apart(server: Server, bucket: Location) -> None:
    store = client(server)
    store.put_object(Bucket=bucket.name, Key="a", Body=b"1")
    answer = 200
    try:
        store.put_object(Bucket=bucket.name, Key="a", Body=b"2", IfNoneMatch="*")
    except store.exceptions.ClientError as error:
        answer = error.response["ResponseMetadata"]["HTTPStatusCode"]
    assert answer == (412 if server.heeds_conditions else 200)
