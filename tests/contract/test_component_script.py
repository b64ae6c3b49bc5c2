"""docker/component.sh: what it gives Docker, for which a script stands here that says it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAND_IN = """#!/bin/sh
case $1 in
image) {inspect} ;;
*) printf '%s\\n' "$@" ;;
esac
"""


def given(tmp_path: Path, *words: str, inspect: str) -> list[str]:
    """The words of `docker run`, where `docker image inspect` does what is asked."""
    docker = tmp_path / "docker"
    docker.write_text(STAND_IN.format(inspect=inspect))
    docker.chmod(0o755)
    done = subprocess.run(
        [ROOT / "docker" / "component.sh", *words],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DOCKER": str(docker), "RUNS": str(tmp_path / "runs")},
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("inspect", "told"),
    [("echo handseg-cpu:0.1.0@sha256:ab", "handseg-cpu:0.1.0@sha256:ab"), ("exit 1", "unknown")],
)
def test_a_container_is_told_its_images_digest(tmp_path: Path, inspect: str, told: str) -> None:
    words = given(tmp_path, "split", "--help", inspect=inspect)
    assert f"HANDSEG_IMAGE={told}" in words
    assert words[-3:] == ["handseg", "split", "--help"]


@pytest.mark.parametrize(("command", "image"), [("verify", "cpu"), ("train", "gpu")])
def test_a_command_that_trains_nothing_runs_without_torch(
    tmp_path: Path, command: str, image: str
) -> None:
    words = given(tmp_path, command, inspect="echo x")
    assert words[-3].startswith(f"handseg-{image}:")
