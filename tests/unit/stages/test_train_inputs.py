"""What a training refuses to begin with, and to predict from."""

import shutil
from pathlib import Path

import pytest

from handseg.errors import BadInput
from tests.unit.stages.tiny_training import make_data, run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people in two folds, and a member."""
    root = make_data(tmp_path_factory.mktemp("made"))
    run(root, root / "member")
    return root


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_fold_table_of_other_data_is_refused(made: Path, tmp_path: Path) -> None:
    other = make_data(tmp_path / "other", people=5)
    shutil.copytree(made / "cache", other / "cache", dirs_exist_ok=True)
    with pytest.raises(
        BadInput, match=r"fold table: 2 images in the .*, but not in the cache .*/cache: im"
    ):
        run(other, tmp_path / "member")
    assert not (tmp_path / "member").exists()


def test_a_damaged_checkpoint_to_begin_with_is_refused(made: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(made / "member", tmp_path / "source"))
    flip_a_bit(source / "model.safetensors")
    with pytest.raises(BadInput, match=r"source/model\.safetensors: does not match its SHA-256"):
        run(made, tmp_path / "member", warm_start=source)
    assert not (tmp_path / "member").exists()


def test_nothing_is_predicted_from_weights_that_were_damaged_since(
    made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made / "member", tmp_path / "member")
    flip_a_bit(tmp_path / "member" / "model.safetensors")
    with pytest.raises(BadInput, match=r"model\.safetensors: does not match its SHA-256"):
        run(made, tmp_path / "member")
    assert not (tmp_path / "member.oof").exists()
