import json
from dataclasses import replace
from pathlib import Path

import pytest

from handseg.errors import BadInput
from handseg.storage import s3, snapshot
from handseg.storage.local_process import Process
from handseg.storage.location import Location
from handseg.storage.writer import Writer


def _state(folder: Path, step: int) -> Path:
    """Two files, one of which changes with every step, and a stray one."""
    (folder / "resume").mkdir(parents=True, exist_ok=True)
    (folder / "resume" / "state").write_text(f"step {step}")
    (folder / "best").write_text("best")
    (folder / ".best.partial").write_text("half")
    return folder


def _objects(bucket: Path) -> set[str]:
    return {path.name for path in bucket.rglob("*") if path.is_file()}


def test_the_newest_state_comes_back(object_store: Path, tmp_path: Path) -> None:
    location = Location(f"s3://{object_store.name}/member.resume")
    assert snapshot.pull(location) is None
    for step in (1, 2):
        snapshot.push(_state(tmp_path / "here", step), location)
    fetched = snapshot.pull(location, tmp_path / "there")
    assert fetched == tmp_path / "there"
    assert (fetched / "resume" / "state").read_text() == "step 2"
    assert (fetched / "best").read_text() == "best"
    assert not (fetched / ".best.partial").exists()
    again = snapshot.pull(location)
    assert again is not None
    assert (again / "best").read_text() == "best"


def test_only_what_changed_is_sent_and_the_old_is_removed(
    object_store: Path, tmp_path: Path
) -> None:
    location = Location(f"s3://{object_store.name}/member.resume")
    snapshot.push(_state(tmp_path, 1), location)
    first = _objects(object_store)
    modified = {path: path.stat().st_mtime_ns for path in object_store.rglob("*")}
    snapshot.push(_state(tmp_path, 2), location)
    second = _objects(object_store)
    # SHA256SUMS and `best` stay, the state of step 1 makes room for that of step 2.
    assert len(first) == len(second) == 3
    assert len(first & second) == 2
    kept = next(p for p in modified if p.name in first & second and len(p.name) == 64)
    assert kept.stat().st_mtime_ns == modified[kept]


def test_until_the_sums_are_sent_the_state_before_comes_back(
    object_store: Path, tmp_path: Path
) -> None:
    location = Location(f"s3://{object_store.name}/member.resume")
    snapshot.push(_state(tmp_path, 1), location)
    # What a push that was killed leaves: an object that no sums name.
    (object_store / "member.resume" / ("0" * 64)).write_text("step 2")
    fetched = snapshot.pull(location)
    assert fetched is not None
    assert (fetched / "resume" / "state").read_text() == "step 1"


def test_an_empty_folder_is_no_state(object_store: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file to push"):
        snapshot.push(tmp_path, Location(f"s3://{object_store.name}/member.resume"))


def test_a_working_folder_is_removed_and_nothing_else(object_store: Path, tmp_path: Path) -> None:
    location = Location(f"s3://{object_store.name}/member.resume")
    snapshot.push(_state(tmp_path / "member.partial", 1), location)
    (object_store / "member").write_text("the artifact")
    snapshot.remove_tree(location)
    snapshot.remove_tree(location)
    assert _objects(object_store) == {"member"}
    snapshot.remove_tree(Location(str(tmp_path / "member.partial")))
    assert not (tmp_path / "member.partial").exists()


def test_what_a_killed_worker_left_is_tidied(object_store: Path, tmp_path: Path) -> None:
    afar = Location(f"s3://{object_store.name}/member.partial")
    here = Location(str(tmp_path / "member.partial"))
    snapshot.push(_state(here.path, 1), afar)
    state = _objects(object_store)
    dead = json.dumps(Writer(process=replace(Process.here(), started="1")).record())
    s3.put_text(afar.sibling(".member.partial.lock").child("1-x"), dead)
    (here.path / ".lock").write_text(dead)
    for place in (afar, here):
        snapshot.tidy(place, keeps=True)
    assert _objects(object_store) == state
    assert snapshot.exists(here) and not (here.path / ".lock").exists()
    for place in (afar, here, afar, here):
        snapshot.tidy(place, keeps=False)
    assert _objects(object_store) == set()
    assert not here.path.exists()


@pytest.mark.parametrize("uri", ["/tmp", "s3://bucket/cache", "s3://bucket", "a/.partial", "."])
def test_what_handseg_did_not_name_is_never_removed(uri: str) -> None:
    with pytest.raises(BadInput, match="not removed"):
        snapshot.remove_tree(Location(uri))
