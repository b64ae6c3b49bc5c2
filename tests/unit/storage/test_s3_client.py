import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from handseg.errors import BadInput, HandsegError
from handseg.storage import s3, s3_client, s3_listing
from handseg.storage.location import Location
from handseg.storage.s3_client import connect

_URI = "s3://bucket/x"


class _Sender(ThreadingHTTPServer):
    """Sends everybody to another address, and counts who came."""

    def __init__(self, to: str) -> None:
        super().__init__(("127.0.0.1", 0), _Redirect)
        self.to = to
        self.asked = 0


class _Redirect(BaseHTTPRequestHandler):
    server: _Sender

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        self.server.asked += 1
        self.send_response(307)
        self.send_header("Location", self.server.to + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def listening(to: str = "") -> Iterator[_Sender]:
    with _Sender(to) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_is_checked_wherever_it_comes_from(
    object_store: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://169.254.169.254")
    with pytest.raises(BadInput, match="a link-local address, or a cloud's metadata service"):
        connect(_URI)


def test_an_endpoint_of_a_profile_is_checked(
    object_store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    (tmp_path / "config").write_text("[default]\nendpoint_url = http://169.254.169.254\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(BadInput, match="a link-local address, or a cloud's metadata service"):
        connect(_URI)


@pytest.mark.parametrize("endpoint", ["file:///etc/passwd", "ftp://x", "nonsense"])
def test_an_endpoint_that_is_no_web_address_is_refused(
    object_store: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(BadInput, match="AWS_ENDPOINT_URL"):
        connect(_URI)


def test_a_store_that_sends_elsewhere_is_not_followed(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as elsewhere, listening(f"http://127.0.0.1:{elsewhere.server_port}/") as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store.server_port}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        for ask in (s3.has, s3.read_text, s3_listing.sizes):
            with pytest.raises(BadInput, match=r"another address \(status 307\), .* not followed"):
                ask(Location(_URI))
        assert (store.asked, elsewhere.asked) == (3, 0)


def _setting(name: str) -> object:
    return getattr(connect(_URI).meta.config, name)


def test_checksums_are_sent_only_when_asked_for(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _setting("request_checksum_calculation") == "when_required"
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")
    assert _setting("request_checksum_calculation") == "when_supported"
    s3.put_text(Location(f"s3://{object_store.name}/x"), "text")
    assert s3.read_text(Location(f"s3://{object_store.name}/x")) == "text"
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "always")
    with pytest.raises(
        BadInput, match="AWS_REQUEST_CHECKSUM_CALCULATION=always: give when_required"
    ):
        connect(_URI)


def test_path_style_is_used_unless_the_configuration_file_says_otherwise(
    object_store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _setting("s3") == {"addressing_style": "path"}
    (tmp_path / "config").write_text("[default]\ns3 =\n  addressing_style = virtual\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert _setting("s3") == {"addressing_style": "virtual"}


def test_a_store_that_cannot_be_reached_is_said_with_the_switch_to_look_at(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(HandsegError, match="EndpointConnectionError.; check AWS_ENDPOINT_URL"):
        s3.has(Location(_URI))


def test_an_unknown_profile_is_named_as_such(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(BadInput, match="ProfileNotFound"):
        connect(_URI)


def test_a_client_is_made_once_a_process(object_store: Path) -> None:
    here = connect(_URI)
    assert connect("s3://bucket/y") is here


def test_without_a_region_a_store_of_ones_own_still_works(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    location = Location(f"s3://{object_store.name}/x")
    s3.put_text(location, "text")
    assert s3.read_text(location) == "text"


def test_a_region_that_is_none_is_named_with_its_variable(
    object_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us east 1")
    with pytest.raises(BadInput, match="'us east 1' .*; check AWS_DEFAULT_REGION"):
        connect(_URI)


def test_a_local_location_is_no_object() -> None:
    with pytest.raises(BadInput, match="s3:// URI is needed"):
        s3_listing.sizes(Location("/data"))


def test_the_wait_grows_and_no_two_clients_wait_alike() -> None:
    failure = EndpointConnectionError(endpoint_url="http://store")
    for attempts, longest in [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 20.0)]:
        waits = [s3_client._back_off(7, attempts, failure, None) for _ in range(20)]
        assert len(set(waits)) == 20
        assert all(wait is not None and longest / 2 <= wait <= longest for wait in waits)
    assert s3_client._back_off(7, 7, failure, None) is None
