import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from handseg.ensemble import choice as choices
from handseg.ensemble import submission
from handseg.errors import BadInput
from handseg.settings import EnsembleSettings
from handseg.stages.ensemble import ensemble
from handseg.stages.select import select
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.unit.report.made_run import MadeRun, make_run

CHOOSING = EnsembleSettings(select=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return make_run(folder, members={"one": 0, "two": 1}, test_people=(), side=64)


def choose(run: MadeRun, out: Path, **changes: Any) -> Location:
    place = Location(str(out))
    given = {
        "members": [run.place(f"members/{name}") for name in run.members],
        "stores": [run.place(f"stores/{name}/oof") for name in run.members],
        "cache": run.place("cache"),
        "folds": run.place("folds.csv"),
        **changes,
    }
    select(out=place, **given)
    return place


def vote(run: MadeRun, out: Path, **arguments: Any) -> bytes:
    stores = [run.place(f"stores/{name}/oof") for name in run.members]
    ensemble(stores=stores, out=Location(str(out)), **arguments)
    return out.read_bytes()


def test_the_file_says_what_was_chosen_for_whom_and_why(run: MadeRun, tmp_path: Path) -> None:
    place = choose(run, tmp_path / "choice.json")
    found = choices.read(place.path)
    assert [member.name for member in found.members] == ["one", "two"]
    # alike but for their seeds
    assert [family.name for family in found.families] == ["unet 128 -> 256 px, 31 epochs"]
    assert (found.evidence.images, found.evidence.people) == (8, 4)
    assert [step.name for step in found.evidence.steps] == [
        "family weights",
        "members left out",
        "soft or hard voting",
        "threshold of each bone",
        "largest region only",
    ]
    record = json.loads(artifact.record_path(place.path).read_text())
    assert set(record["parents"]) == {
        "cache", "folds", "member_0", "member_1", "store_0", "store_1",
    }  # fmt: skip
    artifact.verify(place.path)


def test_complete_it_does_nothing(
    run: MadeRun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    choose(run, tmp_path / "choice.json")
    with caplog.at_level(logging.INFO, "handseg"):
        choose(run, tmp_path / "choice.json")
    assert "nothing to choose" in caplog.text
    with pytest.raises(BadInput, match=r"threshold: 0\.5 -> 0\.4"):
        choose(run, tmp_path / "choice.json", settings=EnsembleSettings(threshold=0.4))


def test_the_vote_follows_the_choice_and_records_it(run: MadeRun, tmp_path: Path) -> None:
    place = choose(run, tmp_path / "choice.json", settings=CHOOSING)
    plain = vote(run, tmp_path / "plain.csv")
    # certain members, one to an image: nothing can be better, and the vote is as it was
    assert vote(run, tmp_path / "same.csv", choice=place, settings=CHOOSING) == plain
    record = json.loads(artifact.record_path(tmp_path / "same.csv").read_text())
    assert record["choice"] == asdict(choices.read(place.path))
    assert record["parents"]["choice"] == artifact.content_hash(place.path)

    other = choices.read(place.path)
    other.thresholds[0] = 0.999  # as certain as it may be
    other.families[0] = type(other.families[0])(name=other.families[0].name, given=1, weight=2)
    with artifact.writing(Location(str(tmp_path / "other.json")), folder=False) as path:
        choices.write(path, other)
    assert vote(run, tmp_path / "b.csv", choice=Location(str(tmp_path / "other.json"))) == plain
    assert len(submission.read(tmp_path / "b.csv")) == 8


def test_asking_for_a_choice_without_giving_one_is_refused(run: MadeRun, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run `handseg select` and give --choice"):
        vote(run, tmp_path / "a.csv", settings=CHOOSING)


def test_a_choice_that_began_otherwise_is_refused(run: MadeRun, tmp_path: Path) -> None:
    place = choose(run, tmp_path / "choice.json")
    with pytest.raises(BadInput, match=r"threshold=0\.6.* is given; select again"):
        vote(run, tmp_path / "a.csv", choice=place, settings=EnsembleSettings(threshold=0.6))
    with pytest.raises(BadInput, match=r"began with weight 0\.9 for one, and 2 is given"):
        vote(run, tmp_path / "a.csv", choice=place, weights=[2, 1])
    assert not (tmp_path / "a.csv").exists()


def test_stores_of_other_members_or_in_another_order_are_refused(
    run: MadeRun, tmp_path: Path
) -> None:
    turned = [run.place(f"stores/{name}/oof") for name in reversed(run.members)]
    with pytest.raises(BadInput, match="stores and members in one order"):
        choose(run, tmp_path / "choice.json", stores=turned)
    with pytest.raises(BadInput, match="give one store per member"):
        choose(run, tmp_path / "choice.json", stores=turned[:1])
    assert not (tmp_path / "choice.json").exists()
