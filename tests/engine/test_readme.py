"""The README's way with Docker works as it stands, tiny."""

import re
from pathlib import Path

import pytest

from tests.engine.containers import ROOT, call

pytestmark = pytest.mark.docker

TINY = {
    "demo-data": "--people 6 --test-people 1 --size 256",
    "run": "--preset smoke --split.folds 2 --train.length 20",
}
"""Further flags: the last of two equal ones counts."""


def commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## With Docker\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))
    return blocks.replace("\\\n", " ").splitlines()


def tiny(line: str) -> str:
    """The same line, run from anywhere and for hands that take seconds."""
    stage = re.search(r"STAGE=(\S+)", line)
    further = TINY.get(stage[1], "") if stage else ""
    return re.sub(r'"$', f' {further}"', line).replace("make ", f"make --directory {ROOT} ", 1)


def test_the_readmes_commands_run(tmp_path: Path) -> None:
    # The images are built by the fixture, and the graph is run by test_graph.py.
    lines = [line for line in commands() if line not in ("make images", "make smoke RUNNER=docker")]
    assert len(lines) == 5
    for line in lines:
        call("bash", "-c", tiny(line), cwd=tmp_path, variables={"RUNS": str(tmp_path / "runs")})
    assert (tmp_path / "runs/boxed/report.html").is_file()
    assert (tmp_path / "runs/boxed-split/cache").is_dir()


def test_a_folder_elsewhere_can_be_read_and_not_written(tmp_path: Path) -> None:
    hands = tmp_path / "elsewhere"
    make = f"make --directory {ROOT} component STAGE"
    given = {"RUNS": str(tmp_path / "runs"), "DATA": str(hands)}
    drawn = f'{make}=demo-data ARGS="runs/hands {TINY["demo-data"]}"'
    call("bash", "-c", drawn, variables={"RUNS": given["RUNS"]})
    (tmp_path / "runs/hands").rename(hands)
    call("bash", "-c", f'{make}=check ARGS="{hands}"', variables=given)
    with pytest.raises(AssertionError, match="ead-only"):
        call(
            "bash",
            "-c",
            f'{make}=split ARGS="--data {hands} --out {hands}/folds.csv"',
            variables=given,
        )


def test_a_component_without_a_name_is_refused() -> None:
    with pytest.raises(AssertionError, match="give a command"):
        call("make", "--no-print-directory", "component")
