"""Complete runs, and `handseg verify` on them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from handseg import cli

FEW_STEPS = ["--preset", "smoke", "--train.length", "3", "--ensemble.select", "true"]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands") / "data"
    words = ["--people", "4", "--test-people", "1", "--size", "96", "--seed", "5"]
    assert cli.main(["demo-data", str(folder), *words]) == 0
    return folder


def made(data: Path, out: Path, *more: str) -> Path:
    assert cli.main(["run", "--data", str(data), "--out", str(out), *FEW_STEPS, *more]) == 0
    return out


@pytest.fixture(scope="session")
def done(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run, with the shards of one store that were merged; tests take a copy."""
    out = made(data, tmp_path_factory.mktemp("run") / "first")
    inputs = ["--checkpoint", out / "members/fold0", "--cache", out / "cache", "--part", "test"]
    how = ["--settings.device", "cpu", "--settings.threads", "1", "--settings.batch_size", "1"]
    shards = [out / "shards" / str(number) for number in (1, 2)]
    for number, shard in enumerate(shards, 1):
        words = ["infer", *inputs, *how, "--shard", f"{number}/2", "--out", shard]
        assert cli.main(list(map(str, words))) == 0
    words = ["merge", "--shards", *shards, "--out", out / "merged"]
    assert cli.main(list(map(str, words))) == 0
    return out


@pytest.fixture(scope="session")
def other(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the same data and folds by another seed."""
    return made(data, tmp_path_factory.mktemp("run") / "other", "--train.seed", "1")


@pytest.fixture
def run(done: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(done, tmp_path / "run"))


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Verify with an exit code, and give what was printed."""

    def call(code: int, *words: object) -> str:
        capsys.readouterr()
        assert cli.main(["verify", *map(str, words)]) == code, "".join(capsys.readouterr())
        return "".join(capsys.readouterr())

    return call
