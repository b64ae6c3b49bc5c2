from typing import Any

import pytest

from handseg.errors import BadInput
from handseg.report import records
from handseg.report.records import StageRun

RECORD: dict[str, Any] = {
    "stage": "ensemble",
    "settings": {"threshold": 0.5},
    "parents": {"store_0": "ab"},
    "commit": "c1",
    "versions": {"numpy": "2.4"},
    "command": "handseg ensemble",
    "device": "cpu",
    "host": "here",
    "started": "2026-03-01T12:00:00+00:00",
    "ended": "2026-03-01T12:01:30+00:00",
    "members": [{"name": "a", "fold": 0, "weight": 2.0}],
}


def parse(**changes: Any) -> StageRun:
    return records.parse({**RECORD, **changes}, artifact="submission.csv", content="ff")


def test_a_record_says_how_long_it_took_and_with_which_weights() -> None:
    run = parse()
    assert (run.stage, run.seconds, run.weights) == ("ensemble", 90.0, {"a": 2.0})


def test_a_training_says_what_it_took_over_all_resumptions_and_what_it_waited() -> None:
    waits = [(10.0, 0.5), (40.0, 0.1), (90.0, None)]
    laps = [{"step": n, "seconds": s, "data_wait": part} for n, (s, part) in enumerate(waits)]
    run = parse(seconds=95.5, laps=laps)
    # (10 s * 0.5 + 30 s * 0.1) / 40 s; nobody measured the last 50 s
    assert run.seconds == 95.5
    assert run.data_wait == pytest.approx(0.2)
    assert parse().data_wait is None


@pytest.mark.parametrize(
    "change",
    [{"laps": 1}, {"laps": [{"step": 1}]}, {"started": "soon"}, {"settings": 3}, {"members": [1]}],
)
def test_a_damaged_record_names_its_artifact(change: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="run.json of submission.csv"):
        parse(**change)


def test_an_entry_that_is_missing_is_named() -> None:
    with pytest.raises(BadInput, match="'commit'"):
        records.parse({k: v for k, v in RECORD.items() if k != "commit"}, artifact="x", content="")


def test_commits_and_versions_are_listed_once_each() -> None:
    runs = [parse(), parse(), parse(commit="c2", versions={"numpy": "2.5", "torch": "2.10"})]
    assert records.commits(runs) == ["c1", "c2"]
    assert records.versions(runs) == {"numpy": "2.4, 2.5", "torch": "2.10"}


def test_raw_data_that_all_stages_share_is_listed_once() -> None:
    runs = [parse(parents={"data": "d"}), parse(), parse(parents={"data": "d"})]
    assert records.raw_data(runs) == ["d"]


def test_the_key_that_hides_people_is_known_by_its_fingerprint() -> None:
    assert records.person_key([parse(), parse(parents={"person_key": "abc"})]) == "abc"
    assert records.person_key([parse()]) == ""
