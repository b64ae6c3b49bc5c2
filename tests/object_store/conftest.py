"""The store that these tests run against: Ceph's gateway or rclone, by HANDSEG_TEST_STORE."""

import itertools
import os
from collections.abc import Iterator

import pytest

from handseg.storage.location import Location
from tests.object_store import servers
from tests.object_store.client import client
from tests.object_store.servers import Server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    chosen = servers.chosen(tmp_path_factory.mktemp("server"))
    chosen.start()
    yield chosen
    chosen.stop()


@pytest.fixture(scope="session")
def client_finds_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        servers.use(server.endpoint, monkeypatch, tmp_path_factory.mktemp("no-files"))
        yield


@pytest.fixture(scope="session")
def new_bucket(server: Server, client_finds_server: None) -> Location:
    """One bucket for what several tests read."""
    return make_bucket(server)


@pytest.fixture
def bucket(server: Server, client_finds_server: None) -> Location:
    """An empty bucket."""
    return make_bucket(server)


def make_bucket(server: Server) -> Location:
    name = f"bucket-{os.getpid()}-{next(_numbers)}"
    client(server).create_bucket(Bucket=name)
    return Location(f"s3://{name}")
