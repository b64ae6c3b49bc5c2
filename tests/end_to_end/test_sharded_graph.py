"""The graph with its images shared out gives the bytes of the vote on all of them at once."""

from dataclasses import replace
from pathlib import Path

import pytest
from kfp import local

from handseg.dataset.phantom.writer import write_dataset
from handseg.ensemble import choice as choices
from handseg.ensemble import submission
from handseg.presets import catalogue
from handseg.settings import EnsembleSettings
from handseg.stages.ensemble import ensemble
from handseg.storage.location import Location
from pipeline.images import Images
from pipeline.local import run_graph

pytestmark = pytest.mark.long
SHARDS = 2
VOTE = EnsembleSettings(threshold=0.1, select=True)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke preset, hardly trained, on two test images in batches of one, with a choice."""
    folder = tmp_path_factory.mktemp("sharded")
    write_dataset(folder / "data", people=4, test_people=1, size=128, seed=3, workers=1)
    smoke = catalogue.load("smoke", {"train": {"length": 40}, "infer": {"batch_size": 1}})
    run_graph(
        replace(smoke, ensemble=VOTE),
        data=folder / "data",
        out=folder,
        part="test",
        runner=local.SubprocessRunner(use_venv=False),
        images=Images(),
        shards=SHARDS,
    )
    return folder


def _made(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(f"artifacts/**/{pattern}"))


def test_shards_together_hold_the_bytes_of_the_whole_vote(ran: Path, tmp_path: Path) -> None:
    stores = _made(ran, "merge/store")
    chosen = _made(ran, "vote/submission/choice.json")
    assert len(stores) == 2 and len(chosen) == SHARDS
    out = Location(str(tmp_path / "whole.csv"))
    ensemble(
        stores=[Location(str(path)) for path in stores],
        out=out,
        choice=Location(str(chosen[0])),
        settings=VOTE,
    )
    assert (ran / "submission.csv").read_bytes() == out.path.read_bytes()
    found = submission.read(out.path)
    assert len(found) == 2 and all(any(texts) for texts in found.values())


def test_every_shard_makes_the_same_choice(ran: Path) -> None:
    chosen = [choices.read(path) for path in _made(ran, "vote/submission/choice.json")]
    assert len(chosen) == SHARDS and chosen[0] == chosen[1]


def test_the_report_is_on_the_joined_submission(ran: Path) -> None:
    assert "<html" in (ran / "report.html").read_text(encoding="utf-8")[:2000]
