"""Fuzzing itself, on a target with planted mistakes, as `make fuzz` does it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("atheris", reason="there is no atheris for this system")
ROOT = Path(__file__).parents[3]
PLANTED = "tests.unit.fuzz.planted"


def fuzz(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--target", f"[{PLANTED}]", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What 200 cases found, as JSON and as the table."""
    folder = tmp_path_factory.mktemp("fuzz")
    figures = folder / "fuzz.json"
    done = fuzz(
        folder, "--cases", "200", "--seed", "7", "--out", str(folder), "--json", str(figures)
    )
    assert done.returncode == 1, done.stderr
    (line,) = json.loads(figures.read_text())["targets"]
    return line, done.stdout


def test_every_planted_mistake_falls_out(run: tuple[dict[str, Any], str]) -> None:
    line, said = run
    found = [one["what"] for one in line["found"]]
    assert found == [
        "KeyError, from the target",
        "a message with a long line, from the target",
        "a refusal that does not name a.txt, from the target",
        "taken, and wrong, from the target",
        "takes too long",
        "takes too much memory",
        "the process dies of SIGSEGV",
    ]
    assert all(what in said for what in found)


def test_cases_go_on_after_a_crash_and_are_counted(run: tuple[dict[str, Any], str]) -> None:
    line, _ = run
    assert line["cases"] == line["taken"] + line["refused"] + line["fell_out"] == 200
    assert min(line["taken"], line["refused"], line["fell_out"]) > 10


def test_a_kept_input_shows_its_mistake_again(
    run: tuple[dict[str, Any], str], tmp_path: Path
) -> None:
    line, _ = run
    inputs = {one["what"]: one["input"] for one in line["found"]}
    path = inputs["KeyError, from the target"]
    assert Path(path).read_bytes() == b"raise"
    assert "planted.py" in Path(path).with_suffix(".txt").read_text()
    again = fuzz(tmp_path, "--input", path)
    assert again.returncode == 1
    assert "KeyError: 'planted'" in again.stderr
    killed = fuzz(tmp_path, "--input", inputs["the process dies of SIGSEGV"])
    assert killed.returncode < 0


def test_an_input_that_is_refused_as_it_should_be_says_so(tmp_path: Path) -> None:
    path = tmp_path / "none"
    path.write_bytes(b"none")
    done = fuzz(tmp_path, "--input", str(path))
    assert (done.returncode, done.stdout) == (0, "refused: a.txt: refused; write fine\n")
