import re
from pathlib import Path

import pytest

from pipeline import resources

DOCKER = Path(__file__).parents[2] / "docker"
every_image = pytest.mark.parametrize("name", ["cpu", "gpu"])


def instructions(name: str) -> list[str]:
    text = (DOCKER / f"{name}.Dockerfile").read_text(encoding="utf-8")
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [" ".join(line.split()) for line in plain.replace("\\\n", " ").splitlines() if line]


@every_image
def test_an_image_runs_as_the_number_that_the_pipeline_asks_for(name: str) -> None:
    users = [line for line in instructions(name) if line.startswith("USER")]
    assert users == [f"USER {resources.USER}"]


@every_image
def test_an_image_leaves_the_whole_command_to_its_caller(name: str) -> None:
    assert not [line for line in instructions(name) if line.startswith(("ENTRYPOINT", "CMD"))]


@every_image
def test_the_base_is_an_argument_and_no_line_would_be_pulled_for_its_syntax(name: str) -> None:
    text = (DOCKER / f"{name}.Dockerfile").read_text(encoding="utf-8")
    assert "ARG BASE_IMAGE=python:3.11-slim-bookworm\n" in text
    assert "syntax=" not in text
    stages = set(re.findall(r"^FROM .* AS (\S+)$", text, re.MULTILINE))
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert bases - stages <= {"${BASE_IMAGE}", "${WHEELS_IMAGE}"}


@every_image
def test_what_is_made_last_stands_on_the_base_with_no_tool_of_the_build(name: str) -> None:
    lines = instructions(name)
    last = max(i for i, line in enumerate(lines) if line.startswith("FROM"))
    assert lines[last] == "FROM ${BASE_IMAGE}"
    assert not [line for line in lines[last:] if "pip install" in line]
    assert all("if [ -n" in line for line in lines[last:] if "apt-get" in line)


@every_image
def test_a_change_of_the_code_is_a_layer_above_what_it_needs(name: str) -> None:
    copies = [line for line in instructions(name) if line.startswith("COPY --from=")]
    assert copies[-2:] == [
        "COPY --from=slim /opt/handseg /opt/handseg",
        "COPY --from=code /code /opt/handseg",
    ]


@every_image
def test_kfp_comes_without_what_it_depends_on(name: str) -> None:
    (line,) = [line for line in instructions(name) if line.endswith(" kfp")]
    assert "pip install --no-deps -c docker/constraints.txt kfp" in line


def test_only_the_gpu_image_has_torch() -> None:
    assert not [line for line in instructions("cpu") if "torch" in line]
    assert [line for line in instructions("gpu") if line.endswith(" torch")]
