from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.presets import sections


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quick.yaml").write_text("length: 1\n")
    (tmp_path / "slow.yaml").write_text("length: 2\n")
    (tmp_path / "notes.txt").write_text("")
    return tmp_path


def test_a_name_finds_the_packages_own_file(folder: Path) -> None:
    assert sections.names(folder) == ["quick", "slow"]
    assert sections.read("slow", folder, kind="table") == ("length: 2\n", "slow")


def test_a_path_finds_the_users_own_file(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yml"
    mine.write_text("length: 3\n")
    assert sections.read(str(mine), folder, kind="table") == ("length: 3\n", "mine")


def test_what_is_not_there_is_named_with_what_is(folder: Path) -> None:
    with pytest.raises(MissingInput, match="quik: no such table; did you mean quick"):
        sections.read("quik", folder, kind="table")
    with pytest.raises(MissingInput, match="no such table file; there are quick, slow"):
        sections.read("absent.yaml", folder, kind="table")


def test_a_change_replaces_leaves_and_keeps_the_rest() -> None:
    base = {"model": {"name": "unet", "filters": [1]}, "length": 3}
    assert sections.merged(base, {"model": {"filters": [2]}, "seed": 1}) == {
        "model": {"name": "unet", "filters": [2]},
        "length": 3,
        "seed": 1,
    }
    assert base["model"] == {"name": "unet", "filters": [1]}


def test_an_unknown_key_is_named_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="mine: unknown key 'trian'; did you mean train"):
        sections.check_keys({"trian": 1}, ("train", "infer"), "mine")
