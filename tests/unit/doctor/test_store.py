"""What the doctor says of a real object store, and of what is none."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handseg.doctor import disk, room, store
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check
from handseg.presets import catalogue
from handseg.storage.location import Location
from tests.drawing import write_tiny_dataset
from tests.object_store.servers import SECRET


def looked(asked: Asked) -> dict[str, Check]:
    return {check.name: check for check in store.look(asked)}


def inside(bucket: Path) -> Asked:
    return Asked(out=Location(f"s3://{bucket.name}/runs/first"))


def test_without_a_store_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert looked(Asked())["object store"].state == "not asked for"


def test_a_store_is_tried_and_left_as_it_was(object_store: Path) -> None:
    found = looked(inside(object_store))
    assert found["object store"].state == "ok"
    assert found["object store"].found.endswith(" answers, its clock agrees")
    assert found["rights"].state == "ok"
    # rclone overwrites what it is asked not to.
    assert found["one writer"].state == "warning"
    assert [path for path in object_store.rglob("*") if path.is_file()] == []
    assert "AWS_MAX_ATTEMPTS" not in os.environ


def test_wrong_keys_are_said_and_not_shown(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    found = list(store.look(inside(object_store)))
    assert [check.state for check in found] == ["ok", "failed"]
    assert "access denied" in found[1].found and "AWS_SECRET_ACCESS_KEY" in found[1].remedy
    assert SECRET not in f"{found}" and "another-secret" not in f"{found}"


def test_a_bucket_that_is_not_there_is_named(object_store: Path) -> None:
    found = list(store.look(Asked(out=Location("s3://no-such-bucket/runs"))))
    assert found[1].state == "failed"
    assert found[1].found == "s3://no-such-bucket/runs: no such bucket"
    assert "create it" in found[1].remedy


def test_no_store_at_the_endpoint_is_said_within_seconds(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    (check,) = store.look(inside(object_store))
    assert check.state == "failed"
    assert check.found == f"http://127.0.0.1:{port}: no answer (Connection refused)"


def test_an_endpoint_that_is_none_is_refused(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://169.254.169.254")
    (check,) = store.look(inside(object_store))
    assert check.state == "failed" and "link-local" in check.found


@contextmanager
def clock_ahead_by(hours: float) -> Iterator[str]:
    """A server whose clock is so far ahead of this machine's."""

    class Late(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            self.send_response_only(403)
            now = datetime.now(UTC) + timedelta(hours=hours)
            self.send_header("Date", format_datetime(now, usegmt=True))
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Late)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("hours", "state"), [(0, "ok"), (0.1, "warning"), (-2, "failed")])
def test_clocks_that_differ_are_said(
    hours: float, state: str, object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock_ahead_by(hours) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        (check,) = store.look(Asked())
    assert check.state == state
    assert ("set this machine's clock" in check.remedy) == (state != "ok")


def test_data_in_a_bucket_are_counted_and_fetched_into_the_temp_folder(
    object_store: Path, tmp_path: Path
) -> None:
    root = object_store / "hands"
    write_tiny_dataset(root, people=2, test_people=1, size=(64, 64), seed=0)
    data = Location(f"s3://{object_store.name}/hands")
    asked = Asked(data=data, out=Location(str(tmp_path)), preset=catalogue.load("smoke"))
    check, _ = disk.look(asked)
    assert check.found == f"{data}: 4 training and 2 test images of 64 x 64 px"
    fetched = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    assert room.needed(asked).temp == fetched
    afar = Asked(data=data, out=data.sibling("run"), preset=catalogue.load("smoke"))
    assert room.needed(afar).out == 0
    assert room.needed(afar).temp == fetched + room.needed(asked).out


def test_an_empty_prefix_is_named(object_store: Path) -> None:
    check, _ = disk.look(Asked(data=Location(f"s3://{object_store.name}/none")))
    assert check.state == "failed"
    assert "0 objects and no train/DCM/PERSON/IMAGE.png among them" in check.found
