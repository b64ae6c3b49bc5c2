from collections.abc import Iterator
from pathlib import Path

import pytest
from kfp import Client

from tests.unit.pipeline.kfp_server import KfpServer, serving


@pytest.fixture
def kfp_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KfpServer]:
    """A KFP that fails the test if it is asked for what the published API does not know."""
    # kfp keeps a namespace in the home folder; a developer's must not reach the tests.
    monkeypatch.setattr(Client, "_LOCAL_KFP_CONTEXT", str(tmp_path / "context.json"))
    for variable in ("ENDPOINT", "UI_ENDPOINT", "SA_TOKEN_PATH", "DEFAULT_EXPERIMENT_NAME"):
        monkeypatch.delenv(f"KF_PIPELINES_{variable}", raising=False)
    with serving() as server:
        yield server
    assert server.refusals == []
