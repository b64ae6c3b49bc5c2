"""Every component by plain `docker run`, in its own image, on tiny hands in a bind mount."""

from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tests.engine.containers import ROOT, USER, run

pytestmark = pytest.mark.docker

HANDS = "/w/hands"
TABLE, CACHE, MEMBER = "--folds /w/folds.csv", "--cache /w/cache", "/w/members/fold0"
# One image is a batch, so that the test part's two have two shares.
SHARE = f"infer --checkpoint {MEMBER} {CACHE} --part test --settings.batch_size 1"
STEPS = [
    ("split", f"split --data {HANDS} --out /w/folds.csv --settings.folds 2"),
    ("preprocess", f"preprocess --data {HANDS} {TABLE} --out /w/cache"),
    (
        "train",
        f"train {CACHE} {TABLE} --fold 0 --out {MEMBER} --oof /w/stores/oof "
        "--settings /w/train.yaml",
    ),
    ("infer", f"{SHARE} --shard 1/2 --out /w/stores/test1 --settings.device cpu"),
    ("infer", f"{SHARE} --shard 2/2 --out /w/stores/test2 --settings.device cpu"),
    ("merge", "merge --shards /w/stores/test1 /w/stores/test2 --out /w/stores/test"),
    ("ensemble", "ensemble --stores /w/stores/test --out /w/submission.csv"),
    ("vote", "ensemble --stores /w/stores/test --out /w/votes1.csv --shard 1/2"),
    ("vote", "ensemble --stores /w/stores/test --out /w/votes2.csv --shard 2/2"),
    ("tally", "merge --shards /w/votes1.csv /w/votes2.csv --out /w/tallied.csv"),
    (
        "tally",
        f"report {CACHE} {TABLE} --members {MEMBER} --stores /w/stores/oof "
        "--submission /w/tallied.csv --out /w/report.html",
    ),
]
"""Components in the order of the pipeline, and the commands that each stands for."""
ON_A_CLUSTER_ALONE = {"conclude"}
"""It has no command: it is told how a run ended, which no other runner tells it."""


def image_of(component: str) -> str:
    """The image that a component's own file names."""
    module = import_module(f"components.{component}.component")
    return str(getattr(module, component).component_spec.implementation.container.image)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the containers' user may write to, after every step."""
    folder = tmp_path_factory.mktemp("containers")
    folder.chmod(0o777)
    train = yaml.safe_load((ROOT / "handseg/presets/smoke.yaml").read_text())["train"]
    (folder / "train.yaml").write_text(yaml.safe_dump(train | {"length": 20}))
    size = "--people 4 --test-people 1 --size 256 --seed 3"
    run(image_of("split"), "handseg", "demo-data", HANDS, *size.split(), folder=folder)
    for component, words in STEPS:
        run(image_of(component), "handseg", *words.split(), folder=folder)
    return folder


def test_no_component_is_left_out() -> None:
    folders = {path.parent.name for path in (ROOT / "components").glob("*/component.py")}
    assert folders - ON_A_CLUSTER_ALONE == {component for component, _ in STEPS}


def test_the_masks_are_whole(made: Path) -> None:
    check = ["handseg", "validate", "--data", HANDS, "--submission", "/w/submission.csv"]
    run(image_of("split"), *check, folder=made)
    assert (made / "submission.csv").read_text().count("\n") == 1 + 2 * 29


def test_shares_of_a_vote_make_the_same_masks(made: Path) -> None:
    assert (made / "tallied.csv").read_bytes() == (made / "submission.csv").read_bytes()


def test_the_report_is_a_page(made: Path) -> None:
    assert "<html" in (made / "report.html").read_text(encoding="utf-8")[:2000]


def test_everything_belongs_to_the_user_given(made: Path) -> None:
    ours = {"train.yaml"}
    owners = {path.stat().st_uid for path in made.rglob("*") if path.name not in ours}
    assert owners == {int(USER)}


def test_what_a_container_may_not_write_is_named(made: Path) -> None:
    words = f"--data {HANDS} --out /opt/folds.csv --settings.folds 2"
    with pytest.raises(AssertionError, match="/opt"):
        run(image_of("split"), "handseg", "split", *words.split(), folder=made)
