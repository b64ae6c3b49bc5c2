"""The store that these tests run against: Ceph's gateway or rclone, by HANDSEG_TEST_STORE."""

import itertools
import os
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from handseg.storage.location import Location
from tests.object_store import servers
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


def client(server: Server):  # type: ignore[no-untyped-def]  # noqa: ANN201 - boto3's own
    """The store behind handseg's back."""
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=servers.KEY,
        aws_secret_access_key=servers.SECRET,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
