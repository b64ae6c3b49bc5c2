from dataclasses import dataclass
from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.storage import launched


@dataclass(frozen=True)
class Given:
    path: str | None
    uri: str


def test_an_artifact_on_disk_is_read_there(tmp_path: Path) -> None:
    found = launched.locate(Given(path=str(tmp_path), uri="s3://bucket/root/cache"))
    assert found.path == tmp_path


@pytest.mark.parametrize("scheme", ["s3", "minio"])
def test_an_artifact_that_was_not_copied_is_read_from_its_store(scheme: str) -> None:
    found = launched.locate(
        Given(path="/s3/bucket/root/cache", uri=f"{scheme}://bucket/root/cache")
    )
    assert found.uri == "s3://bucket/root/cache"


def test_an_artifact_nowhere_within_reach_is_named() -> None:
    with pytest.raises(MissingInput, match="gs://bucket/cache: the launcher did not copy"):
        launched.locate(Given(path=None, uri="gs://bucket/cache"))


def test_a_trainings_state_lies_in_the_runs_folder_by_its_members_name() -> None:
    found = launched.state("s3://bucket/states/first", "fold0")
    assert found is not None
    assert found.uri == "s3://bucket/states/first/fold0"
    assert launched.state("", "fold0") is None


def test_a_members_name_leads_nowhere_else() -> None:
    with pytest.raises(BadInput, match="refused as a name"):
        launched.state("s3://bucket/states/first", "../second")
