"""Two runs of one preset by one seed, in steps, on one machine: the same bytes of all but times.

Each is a process of its own, so that no order of a set is the same by chance.
"""

from pathlib import Path

import pytest

from handseg.storage import artifact
from handseg.storage.location import Location
from tests.faults.command import handseg
from tests.timed import is_timed

AUGMENTED = [
    *("--train.augment.rotate_degrees", "20", "--train.augment.rotate", "0.5"),
    *("--train.augment.scale_fraction", "0.2", "--train.augment.shift_fraction", "0.1"),
    *("--train.augment.grid_dropout", "0.5", "--train.augment.contrast_fraction", "0.2"),
    *("--train.augment.cutout", "0.5", "--train.augment.copy_paste", "0.5"),
    *("--train.augment.elastic", "0.5"),
]
AS_A_USER = ["--train.threads", "0", "--train.precision", "auto", "--infer.threads", "0"]
MADE = {
    "folds.csv",
    "cache/train.arrow",
    "cache/test.arrow",
    "cache/manifest.csv",
    "members/fold0/model.safetensors",
    "members/fold1/card.json",
    "stores/fold0/oof/probabilities.arrow",
    "stores/fold1/test/probabilities.arrow",
    "choice.json",
    "submission.csv",
}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hands") / "data"
    handseg("demo-data", folder, "--people", "4", "--test-people", "1", "--size", "160").must(0)
    return folder


def files(run: Path) -> dict[str, bytes]:
    """What a run made, by name, but for times and hosts."""
    found = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    return {n: path.read_bytes() for n, path in found.items() if not is_timed(n)}


@pytest.mark.parametrize(
    "more",
    [[], ["--train.workers", "2", *AUGMENTED], ["--train.workers", "1", *AUGMENTED, *AS_A_USER]],
    ids=["preset", "augmented by workers", "all threads, in the machine's precision"],
)
def test_two_runs_have_the_same_bytes(data: Path, tmp_path: Path, more: list[str]) -> None:
    words = ["--data", data, "--preset", "smoke", "--ensemble.select", "true"]
    words += ["--train.length", "20", *more]
    one, two = tmp_path / "one", tmp_path / "two"
    for out in (one, two):
        handseg("run", *words, "--out", out).must(0)
    first, second = files(one), files(two)
    assert first.keys() == second.keys() >= MADE
    assert [name for name in first if first[name] != second[name]] == []
    for name in ("folds.csv", "cache", "members/fold0", "stores/fold1/test", "submission.csv"):
        places = [Location(str(run / name)) for run in (one, two)]
        assert len({artifact.fingerprint(place).content for place in places}) == 1, name
