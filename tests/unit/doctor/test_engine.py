"""Docker, by programs of its name that say what the real ones do."""

from pathlib import Path

import pytest

from handseg.doctor import engine
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check

CLIENT = '"Client":{"Version":"28.2.2","ApiVersion":"1.50"}'
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin:/nowhere")
    return tmp_path


def looked(programs: Path, script: str) -> Check:
    program = programs / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (check,) = engine.look(Asked())
    return check


def test_client_and_engine_are_named(programs: Path) -> None:
    server = '"Server":{"Version":"20.10.24+dfsg1"}'
    check = looked(programs, f"echo '{{{CLIENT},{server}}}'")
    assert check.state == "ok"
    assert check.found == "client 28.2.2, engine 20.10.24+dfsg1"


def test_an_engine_that_is_down_is_a_warning_with_its_reason(programs: Path) -> None:
    check = looked(programs, f"echo '{{{CLIENT},\"Server\":null}}'; echo '{DOWN}' >&2; exit 1")
    assert check.state == "warning"
    assert f"client 28.2.2, no engine ({DOWN[:-1]})" in check.found
    assert "start the engine" in check.remedy


def test_an_old_engine_is_a_warning(programs: Path) -> None:
    check = looked(programs, f'echo \'{{{CLIENT},"Server":{{"Version":"19.03.5"}}}}\'')
    assert check.state == "warning" and "20.10" in check.remedy


def test_another_program_of_the_name_is_a_warning(programs: Path) -> None:
    assert looked(programs, "echo hello").state == "warning"


def test_no_docker_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (check,) = engine.look(Asked())
    assert check.state == "warning"
    assert check.found == "not installed" and "make images" in check.remedy
