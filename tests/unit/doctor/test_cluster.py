"""KFP's API, a wrong server and none, over real HTTP."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handseg.doctor import cluster
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check
from tests.unit.pipeline.kfp_server import KfpServer

TOKEN = "a-token-that-nobody-may-see"


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Page(BaseHTTPRequestHandler):
    """Something else that listens."""

    def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_SA_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)


def looked(kfp: str = "") -> Check:
    (check,) = cluster.look(Asked(kfp=kfp))
    return check


def test_without_a_url_nothing_is_asked() -> None:
    assert looked().state == "not asked for"


def test_kfp_that_answers_is_well_and_the_range_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(KfpServer()) as url:
        assert looked(url).state == "ok"
        assert looked(f"{url}/").found == (
            f"{url}/: answers; pipelines are compiled by kfp 2.17, for KFP 2"
        )
        monkeypatch.setenv("KF_PIPELINES_ENDPOINT", url)
        assert looked().state == "ok"


def test_a_token_is_read_from_its_file_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = KfpServer()
    server.token = TOKEN
    with serving(server) as url:
        check = looked(url)
        assert check.state == "failed" and "access denied (401)" in check.found
        assert "KF_PIPELINES_SA_TOKEN_PATH" in check.remedy
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
        check = looked(url)
        assert check.state == "ok" and TOKEN not in f"{check}"


def test_a_token_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "none"))
    check = looked("http://127.0.0.1:1")
    assert check.state == "failed" and str(tmp_path / "none") in check.found


def test_another_server_is_told_apart() -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Page)) as url:
        check = looked(url)
    assert check.state == "failed" and "not as KFP's API 2 does" in check.found


def test_nobody_there_is_said_without_the_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check = looked(f"http://me:secret@127.0.0.1:{port}")
    assert check.state == "failed"
    assert f"http://127.0.0.1:{port}/apis/v2beta1/healthz: no answer" in check.found
    assert "secret" not in f"{check}"


@pytest.mark.parametrize(
    "url", ["ftp://kfp", "kfp:8888", "file:///etc/passwd", "http://", "http://["]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    check = looked(url)
    assert check.state == "failed" and "not an http(s) URL" in check.found


def test_a_certificate_that_is_not_trusted_is_told_from_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = KfpServer()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server) as url:
        secure = url.replace("http://", "https://")
        check = looked(secure)
        assert check.state == "failed"
        assert "its certificate is not trusted (self-signed certificate)" in check.found
        assert "SSL_CERT_FILE" in check.remedy
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert looked(secure).state == "ok"
