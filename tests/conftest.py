"""A real S3 server for tests, `rclone serve s3` on loopback; and no key of this machine's user."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from handseg.pseudonyms import VARIABLE
from tests.object_store import servers

# People would be called otherwise than tests expect.
os.environ.pop(VARIABLE, None)


@pytest.fixture(scope="session")
def object_store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Rclone]:
    """The server, whose root holds a folder for each bucket."""
    log = tmp_path_factory.mktemp("object-store-log") / "rclone.log"
    server = servers.Rclone(tmp_path_factory.mktemp("object-store"), log)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def object_store(object_store_server: servers.Rclone, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty bucket as its folder on disk: `s3://{object_store.name}` in a test that uses it."""
    root = object_store_server.root
    servers.use(object_store_server.endpoint, monkeypatch, root)
    bucket = root / f"bucket-{len(list(root.iterdir()))}"
    bucket.mkdir()
    return bucket
