"""tests/engine/with-engine: an engine that answers is used, and what cannot be had is said."""

from pathlib import Path

import pytest

from tests.engine.containers import ROOT, call, docker

pytestmark = pytest.mark.docker
WITH_ENGINE = ROOT / "tests/engine/with-engine"


def test_an_engine_that_answers_is_used_as_it_is() -> None:
    before = docker("info", "--format", "{{.ID}} {{.DockerRootDir}}")
    inside = '"$DOCKER" info --format "{{.ID}} {{.DockerRootDir}}"'
    assert call(WITH_ENGINE, "bash", "-c", inside) == before
    assert docker("info", "--format", "{{.ID}} {{.DockerRootDir}}") == before


def test_a_commands_exit_code_is_passed_on() -> None:
    assert call("bash", "-c", f"{WITH_ENGINE} bash -c 'exit 7' || echo $?").strip() == "7"


def test_an_engine_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    # A socket's path has room for 107 characters.
    folder = tmp_path / ("long" * 30)
    variables = {"DOCKER_HOST": "unix:///nowhere.sock", "HANDSEG_ENGINE": str(folder)}
    with pytest.raises(AssertionError, match="with-engine: dockerd did not start"):
        call(WITH_ENGINE, "true", variables=variables)
    # What is mounted in it could not be removed, not even by pytest when it tidies up.
    assert str(folder) not in Path("/proc/mounts").read_text()
