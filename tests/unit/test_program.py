import re
from pathlib import Path

import pytest

from handseg import program


def test_versions_are_those_of_installed_packages_only() -> None:
    versions = program.versions()
    assert {"python", "handseg", "numpy", "opencv-python", "pyarrow"} <= set(versions)
    assert all(re.match(r"\d+\.\d+", version) for version in versions.values())


def test_the_commit_is_a_hash_or_says_that_it_is_unknown() -> None:
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", program.commit())


def test_outside_a_checkout_the_commit_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "__file__", str(tmp_path / "handseg" / "program.py"))
    program.commit.cache_clear()
    monkeypatch.setenv("HANDSEG_COMMIT", "f" * 40)
    assert program.commit() == "f" * 40
    program.commit.cache_clear()
    monkeypatch.delenv("HANDSEG_COMMIT")
    assert program.commit() == "unknown"
    program.commit.cache_clear()


def test_the_command_holds_names_and_no_values() -> None:
    line = ["/usr/bin/handseg", "train", "--out", "s3://secret", "--key=canary", "-v", "person"]
    assert program.command(line) == "handseg train --out --key"
    assert program.command([]) == ""


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        (None, "none"),
        ("unknown", "unknown"),
        ("r.example/handseg-gpu@sha256:ab", "r.example/handseg-gpu@sha256:ab"),
    ],
)
def test_the_image_is_what_its_starter_said(
    monkeypatch: pytest.MonkeyPatch, given: str | None, recorded: str
) -> None:
    monkeypatch.delenv(program.IMAGE_VARIABLE, raising=False)
    if given is not None:
        monkeypatch.setenv(program.IMAGE_VARIABLE, given)
    assert program.image() == recorded
