"""One thread for each of pytest's processes; a real S3 server, `rclone serve s3` on loopback."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_KEY, _SECRET = "TESTKEYTESTKEY", "secretsecretsecret"
_STARTED = re.compile(r"Starting s3 server on \[(http://[^/\]]+)")
_START_LIMIT_S = 20.0

# `make test` runs a process for each of 2 cores, and threads that wait for each other's core
# cost more than they give. Read when torch and OpenBLAS are loaded, here and in what tests start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs come first, so that no process ends on a long test while the other has none left.

    `--dist worksteal` hands out halves in this order, and what is left of a half from its end.
    """
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)


@pytest.fixture(scope="session")
def object_store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The endpoint's URL, and the folder it serves: each folder in it is a bucket."""
    root = tmp_path_factory.mktemp("object-store")
    log = tmp_path_factory.mktemp("object-store-log") / "rclone.log"
    beside_python = Path(sys.executable).with_name("rclone")
    rclone = str(beside_python) if beside_python.is_file() else shutil.which("rclone") or "rclone"
    command = [rclone, "serve", "s3", "--config", "", "--addr", "127.0.0.1:0"]
    # Nearly without a cache, a test can change an object behind the server's back; with none at
    # all, rclone 1.75 runs in circles when a folder empties.
    command += ["--dir-cache-time", "1ms", "--auth-key", f"{_KEY},{_SECRET}", str(root)]
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield _endpoint(server, log), root
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def object_store(object_store_server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty bucket as its folder on disk: `s3://{object_store.name}` in a test that uses it."""
    endpoint, root = object_store_server
    for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS", "HANDSEG_BUCKETS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(root / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(root / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", _KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", _SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = root / f"bucket-{len(list(root.iterdir()))}"
    bucket.mkdir()
    return bucket


def _endpoint(server: subprocess.Popen[bytes], log: Path) -> str:
    limit = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < limit and server.poll() is None:
        found = _STARTED.search(log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"rclone did not start: {log.read_text()}")
