"""Faults of the network, made by a proxy before a real object store."""

import hashlib
import http.client
import os
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from handseg.errors import BadInput, HandsegError
from handseg.storage import artifact, raw
from handseg.storage.location import Location

# Method, ending of the path, and kind: `reset`, `cut` (half of the body), `flip` (one bit of it)
# or `STATUS CODE`.
Fault = tuple[str, str, str]
_KEY = "TESTKEYTESTKEY"


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.lock = threading.Lock()

    def take(self, method: str, path: str) -> str:
        with self.lock:
            self.requests.append(f"{method} {path}")
            for fault in self.faults:
                wanted_method, ending, kind = fault
                if wanted_method == method and path.partition("?")[0].endswith(ending):
                    self.faults.remove(fault)
                    return kind
        return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.take(self.command, self.path)
        self.close_connection = True
        if fault == "reset":
            # Closing with unsent data thrown away sends a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if fault and fault not in ("cut", "flip"):
            status, code = fault.split()
            text = f"<Error><Code>{code}</Code><Message>key {_KEY}</Message></Error>"
            self._answer(int(status), [("Content-Length", str(len(text)))], text.encode())
            return
        status_code, headers, content = self._ask(body)
        if fault == "flip":
            content = bytes([content[0] ^ 1]) + content[1:]
        if fault == "cut":
            content = content[: len(content) // 2]
        self._answer(status_code, headers, content)

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.server.upstream)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        hidden = ("connection", "transfer-encoding", "content-length")
        headers = [item for item in response.getheaders() if item[0].lower() not in hidden]
        length = response.getheader("Content-Length") or str(len(content))
        return response.status, [*headers, ("Content-Length", length)], content

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _forward  # noqa: N815 - the base's names

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def _proxy(object_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Proxy]:
    with _Proxy(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_port}")
        yield proxy
        proxy.shutdown()
        thread.join()


@pytest.fixture
def faults(_proxy: _Proxy) -> list[Fault]:
    """What shall go wrong: each `(method, ending of the path, kind)` happens once."""
    return _proxy.faults


@pytest.fixture
def requests(_proxy: _Proxy) -> list[str]:
    """Every request so far, as `METHOD /bucket/key?query`."""
    return _proxy.requests


def _stored_file(bucket: Path, content: bytes = b"probability") -> Location:
    location = Location(f"s3://{bucket.name}/{len(list(bucket.iterdir()))}.bin")
    with artifact.writing(location, folder=False) as path:
        path.write_bytes(content)
    return location


def _read(location: Location) -> bytes:
    with artifact.reading(location) as path:
        return path.read_bytes()


@pytest.mark.parametrize("kind", ["503 SlowDown", "reset", "cut", "flip"])
def test_a_fault_that_passes_is_not_noticed(
    object_store: Path, faults: list[Fault], requests: list[str], kind: str
) -> None:
    location = _stored_file(object_store)
    faults.append(("GET", f"/{location.name}", kind))
    assert _read(location) == b"probability"
    assert faults == []
    downloads = [line for line in requests if line == f"GET /{object_store.name}/{location.name}"]
    assert len(downloads) == 2


def test_a_bit_flipped_twice_is_an_error_that_names_the_object(
    object_store: Path, faults: list[Fault]
) -> None:
    location = _stored_file(object_store)
    faults += [("GET", f"/{location.name}", "flip")] * 2
    with pytest.raises(
        BadInput, match=rf"{location}: does not match its SHA-256, downloaded twice"
    ):
        _read(location)


def test_a_store_that_stays_overloaded_is_an_error_after_every_attempt(
    object_store: Path,
    faults: list[Fault],
    requests: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    location = _stored_file(object_store)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    faults += [("GET", f"/{location.name}", "503 SlowDown")] * 2
    with pytest.raises(HandsegError, match=r"overloaded or failing \(SlowDown, every attempt\)"):
        _read(location)
    assert faults == []


@pytest.mark.parametrize("answer", ["400 ExpiredToken", "403 AccessDenied"])
def test_expired_or_refused_credentials_fail_at_once_and_show_no_key(
    object_store: Path, faults: list[Fault], requests: list[str], answer: str
) -> None:
    location = _stored_file(object_store)
    before = len(requests)
    faults.append(("GET", f"/{location.name}.sha256", answer))
    with pytest.raises(BadInput, match=f"access denied .{answer.split()[1]}.") as raised:
        _read(location)
    assert _KEY not in str(raised.value)
    assert raised.value.__cause__ is None
    assert sum("sha256" in line and line.startswith("GET") for line in requests[before:]) == 1


def test_an_upload_that_dies_between_its_parts_leaves_no_object_and_is_aborted(
    object_store: Path,
    faults: list[Fault],
    requests: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    location = Location(f"s3://{object_store.name}/large.bin")
    # The first PUT under this name is a part: files above 16 MiB go up in parts.
    faults.append(("PUT", "/large.bin", "500 InternalError"))
    with (
        pytest.raises(HandsegError, match="overloaded or failing"),
        artifact.writing(location, folder=False) as path,
    ):
        path.write_bytes(bytes(17 * 2**20))
    assert [path for path in object_store.rglob("*") if path.is_file()] == []
    assert not artifact.exists(location)
    begun = sum(line.startswith("POST") and line.endswith("?uploads") for line in requests)
    aborted = sum(line.startswith("DELETE") and "uploadId=" in line for line in requests)
    assert begun == aborted == 2  # one of them found out whether the store can be written


def test_a_raw_folder_with_sums_of_its_own_is_verified(
    object_store: Path, faults: list[Fault], requests: list[str]
) -> None:
    (object_store / "a.txt").write_text("hand")
    digest = hashlib.sha256(b"hand").hexdigest()
    (object_store / "SHA256SUMS").write_text(f"{digest}  a.txt\n")
    faults.append(("GET", "/a.txt", "flip"))
    folder = raw.reading_raw(Location(f"s3://{object_store.name}"))
    assert (folder / "a.txt").read_text() == "hand"
    assert sum(line.endswith("/a.txt") for line in requests) == 2
