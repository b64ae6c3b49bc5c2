"""A proxy before the object store."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.object_store import proxy
from tests.object_store.proxy import Proxy


@pytest.fixture
def between(object_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with proxy.running(os.environ["AWS_ENDPOINT_URL"]) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        yield running
