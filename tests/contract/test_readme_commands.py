"""The README's commands work: those for a laptop run, tiny, in order; the others are read.

`make demo` is run by its recipe's commands. A tiny size is given by further flags: the last of
two equal flags counts.
"""

import json
import re
import shlex
import subprocess
import sys
import urllib.request
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from handseg import cli, flags
from handseg.presets import catalogue
from pipeline.submit import command

ROOT = Path(__file__).parents[2]
FOR_USERS = ("README.md", "README.ko.md")
READ = (*FOR_USERS, "CONTRIBUTING.md")
HANDS = ["--people", "6", "--test-people", "2", "--size", "256"]
TINY = {
    "demo-data": HANDS,
    "run": ["--preset", "smoke", "--split.folds", "2", "--train.length", "20"],
}
TINY_TRAIN = {"length": 20}


def blocks(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(*names: str) -> list[list[str]]:
    joined = "".join(block for name in names for block in blocks(name)).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.strip()]


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE))


def is_local(words: list[str]) -> bool:
    return words[0] == "handseg" and not any("s3://" in word for word in words)


def recipe(target: str) -> list[list[str]]:
    """The handseg commands that a make target runs."""
    done = subprocess.run(
        ["make", "--always-make", "--dry-run", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [shlex.split(line) for line in done.stdout.splitlines() if "/handseg " in line]
    return [["handseg", *words[1:]] for words in lines]


def assert_can_be_read(words: list[str]) -> None:
    """A handseg command's flags exist and its values are of their types."""
    name = words[1]
    module, _, attribute = cli.COMMANDS[name].target.partition(":")
    function = getattr(import_module(module), attribute)
    flags.parse(name, function, cli.COMMANDS[name].positional, words[2:])


def look_at(words: list[str]) -> None:
    """A viewer serves until it is ended."""
    command = [sys.executable, "-m", "handseg", *words, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert answer.status == 200
        finally:
            process.terminate()


def run_all(lines: list[list[str]], settings: Path) -> None:
    for words in lines:
        if words[1] == "view":
            look_at(words[1:])
            continue
        tiny = ["--settings", str(settings)] if words[1] == "train" else TINY.get(words[1], [])
        assert cli.main([*words[1:], *tiny]) == 0, shlex.join(words)


@pytest.fixture
def tiny_train(tmp_path: Path) -> Path:
    """The smoke preset's training, shorter, as a YAML file."""
    text = (ROOT / "handseg" / "presets" / "smoke.yaml").read_text(encoding="utf-8")
    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(text)["train"] | TINY_TRAIN))
    return path


def test_every_command_is_of_a_kind_that_is_tested() -> None:
    programs = {words[0] for words in commands(*READ)}
    assert programs <= {"handseg", "make", "docker", "torchrun", "python"}


def test_every_make_target_is_there() -> None:
    assert {words[1] for words in commands(*READ) if words[0] == "make"} <= make_targets()


def test_make_help_explains_every_target() -> None:
    command = ["make", "--no-print-directory", "help"]  # also when make runs the tests
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert listed == set(phony.split()) == make_targets()


def of_handseg(words: list[str]) -> list[str] | None:
    """The handseg command that a command is, or that it gives to a container."""
    if words[:2] == ["make", "component"]:
        given = dict(word.split("=", 1) for word in words[2:])
        return ["handseg", given["STAGE"], *shlex.split(given["ARGS"])]
    return words[words.index("handseg") :] if "handseg" in words else None


@pytest.mark.parametrize(
    "words", list(filter(None, map(of_handseg, commands(*FOR_USERS)))), ids=shlex.join
)
def test_every_flag_exists(words: list[str]) -> None:
    assert_can_be_read(words)


def test_the_presets_named_exist() -> None:
    for words in commands(*FOR_USERS):
        if "--preset" in words:
            catalogue.load(words[words.index("--preset") + 1])


@pytest.mark.parametrize("name", FOR_USERS)
def test_the_submit_command_is_understood(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (words,) = [words for words in commands(name) if words[0] == "python"]
    assert words[1:4] == ["-m", "pipeline", "submit"]
    digest = "0" * 64
    given = [word.replace("sha256:DIGEST", f"sha256:{digest}") for word in words[4:]]
    command.main([*given, "--dry-run"])
    sent = json.loads(capsys.readouterr().out)
    assert sent["images"]["cpu"].endswith(digest)


@pytest.mark.long
def test_what_a_laptop_runs_runs(
    tmp_path: Path, tiny_train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    english, korean = ([words for words in commands(name) if is_local(words)] for name in FOR_USERS)
    known = set(map(tuple, english))
    assert {tuple(words) for words in korean} <= known, (
        "a command of its own needs a run of its own"
    )
    run_all(english, tiny_train)
    assert (tmp_path / "runs/mine/submission.csv").is_file()
    assert (tmp_path / "runs/stages/report.html").is_file()


def test_make_demo_runs(tmp_path: Path, tiny_train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_all(recipe("demo"), tiny_train)
    assert (tmp_path / "runs/demo/submission.csv").is_file()
    assert (tmp_path / "runs/demo/report.html").is_file()


def test_the_tree_names_what_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The tree")[2]
    tree, folder, named = text.partition("## ")[0], Path(), []
    for indent, name in re.findall(r"^ {4}( {0,2})([a-z_]+(?:/|\.py))", tree, re.MULTILINE):
        folder = folder if indent else Path(name)
        named.append(folder / name if indent else folder)
    assert len(named) > 15
    assert all((ROOT / path).exists() for path in named), named
    packages = {
        path.name for path in (ROOT / "handseg").iterdir() if (path / "__init__.py").is_file()
    }
    assert packages <= {path.name for path in named}
