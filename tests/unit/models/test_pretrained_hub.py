"""A name of the model hub: only the hub is asked, and for safetensors alone."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from transformers import ResNetConfig

from handseg.models.encoder_sizes import SIZES
from tests.end_to_end import listening

LOAD = """
from handseg.errors import BadInput
from handseg.models import pretrained
from handseg.models.encoders import encoder
try:
    pretrained.load(encoder("resnet", "smoke", output_stride=32), "nobody/pickled")
except BadInput as error:
    print(error)
"""
ASKS_FOR_CONVERSION = "/api/models/nobody/pickled/commits/main"
"""The library looks first whether somebody has asked for it before."""


class Hub(ThreadingHTTPServer):
    """Has config.json and pickled weights, as old repositories do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        config = dict(ResNetConfig(**SIZES["resnet"]["smoke"]).to_dict())  # type: ignore[no-untyped-call]
        self.files = {
            "config.json": json.dumps(config).encode(),
            "pytorch_model.bin": b"pickled",
            "pickled": json.dumps({"id": "nobody/pickled", "private": False}).encode(),
        }


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path.rpartition("/")[2])
        self.send_response(404 if body is None else 200)
        self.send_header("X-Repo-Commit", "0" * 40)
        if body is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("ETag", f'"{self.path}"')
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def hub() -> Iterator[Hub]:
    """A hub that runs within the block."""
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def load(server: Hub, folder: Path, **variables: str) -> str:
    """What a process says that asks the hub for weights."""
    environment = {
        **os.environ,
        **listening.environment(folder / "hook"),
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(folder / "cache"),
        **variables,
    }
    command = [sys.executable, "-c", LOAD]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_pickled_weights_of_the_hub_are_refused_and_nobody_is_asked_to_convert_them(
    tmp_path: Path,
) -> None:
    with hub() as server:
        said = load(server, tmp_path / "ours")
    assert "nobody/pickled: no weights could be read" in said
    called = listening.calls(tmp_path / "ours" / "hook")
    assert called and all("'127.0.0.1'" in call for call in called)
    assert not [path for path in server.asked if path.startswith(ASKS_FOR_CONVERSION)]


@pytest.mark.long
def test_the_library_by_itself_would_ask_for_a_conversion(tmp_path: Path) -> None:
    with hub() as server:
        load(server, tmp_path / "theirs", DISABLE_SAFETENSORS_CONVERSION="0")
    assert [path for path in server.asked if path.startswith(ASKS_FOR_CONVERSION)]
