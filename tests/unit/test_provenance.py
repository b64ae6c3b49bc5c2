import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handseg import provenance
from handseg.errors import BadInput
from handseg.provenance import Origin
from handseg.settings import ModelSettings, SplitSettings, TrainSettings
from handseg.storage import artifact
from handseg.storage.location import Location

_STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_SETTINGS: dict[str, object] = {"folds": 5, "model": {"filters": [1, 2]}}
_PARENTS = {"data": "a" * 64}
_ORIGIN = Origin(data=("a" * 64,), folds=("b" * 64,))


def _made(out: Location, *, folder: bool = True) -> Location:
    with artifact.writing(out, folder=folder) as path:
        (path / "x" if folder else path).write_text("x")
        record = provenance.record(
            stage="split",
            settings=_SETTINGS,
            parents=_PARENTS,
            origin=_ORIGIN,
            started=_STARTED,
        )
        provenance.write(path, record)
    return out


def _is_done(out: Location, **changes: object) -> bool:
    settings = {**_SETTINGS, **changes}
    return provenance.is_done(out, stage="split", settings=settings, parents=_PARENTS)


@pytest.fixture(params=["local", "s3"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Where a stage writes, local and in a real object store."""
    if request.param == "local":
        return Location(str(tmp_path / "out"))
    bucket: Path = request.getfixturevalue("object_store")
    return Location(f"s3://{bucket.name}/out")


def test_a_record_says_what_made_the_artifact() -> None:
    record = provenance.record(
        stage="split",
        settings=_SETTINGS,
        parents=_PARENTS,
        origin=_ORIGIN,
        started=_STARTED,
        extra={"override": "fold"},
    )
    assert json.loads(json.dumps(record)) == record
    assert record["settings"] == _SETTINGS
    assert record["parents"] == _PARENTS
    assert record["started"] == "2026-01-02T03:04:05.000+00:00"
    assert record["override"] == "fold"
    assert record["device"] == "cpu"
    assert (record["data"], record["folds"]) == (["a" * 64], ["b" * 64])
    assert {"commit", "image", "versions", "command", "host", "ended"} <= record.keys()
    assert "seed" not in record


def test_a_seed_among_the_settings_is_the_records() -> None:
    record = provenance.record(
        stage="train",
        settings=provenance.settings_dict(TrainSettings(seed=7)),
        parents={},
        origin=_ORIGIN,
        started=_STARTED,
    )
    assert record["seed"] == 7


def test_the_settings_hash_is_that_of_their_json_in_order() -> None:
    # By hand: '{"a":1,"b":{"c":[2,0.5]}}'
    text = b'{"a":1,"b":{"c":[2,0.5]}}'
    settings = {"b": {"c": [2, 0.5]}, "a": 1}
    assert provenance.settings_hash(settings) == hashlib.sha256(text).hexdigest()


def test_an_origin_is_what_all_parents_go_back_to(tmp_path: Path) -> None:
    places = [Location(str(tmp_path / name)) for name in ("one", "two")]
    paths = [_made(place).path for place in places]
    assert Origin.of(paths) == _ORIGIN
    record = provenance.read(paths[1])
    provenance.write(paths[1], {**record, "data": ["c" * 64]})
    assert Origin.of(paths).data == ("a" * 64, "c" * 64)
    (paths[1] / "run.json").unlink()
    assert Origin.of(paths) == Origin(data=("a" * 64, "unknown"), folds=("b" * 64, "unknown"))


def test_settings_become_plain_json() -> None:
    settings = TrainSettings(model=ModelSettings(filters=[8, 16]))
    plain = provenance.settings_dict(settings)
    assert json.loads(json.dumps(plain)) == plain
    assert isinstance(plain["model"], dict)
    assert plain["model"]["filters"] == [8, 16]
    assert provenance.settings_dict(SplitSettings()) == {"folds": 5}


@pytest.mark.parametrize("folder", [True, False])
def test_what_was_made_the_same_way_is_done(out: Location, folder: bool) -> None:
    assert not _is_done(out)
    _made(out, folder=folder)
    assert _is_done(out)
    # Numbers come back from JSON and KFP as doubles.
    assert _is_done(out, folds=5.0)


def test_what_was_made_otherwise_is_refused_with_every_difference(out: Location) -> None:
    _made(out)
    with pytest.raises(BadInput) as raised:
        provenance.is_done(
            out,
            stage="split",
            settings={"folds": 3, "model": {"filters": [1, 2], "name": "unet"}},
            parents={"data": "b" * 64},
        )
    assert str(raised.value) == (
        f"{out}: was made otherwise (then -> now):\n"
        f"  parents.data: {'a' * 64} -> {'b' * 64}\n"
        "  settings.folds: 5 -> 3\n"
        "  settings.model.name: (none) -> unet\n"
        "give another --out, or remove it"
    )


def test_what_another_stage_made_is_refused(out: Location) -> None:
    _made(out)
    with pytest.raises(BadInput, match="stage: split -> train"):
        provenance.is_done(out, stage="train", settings=_SETTINGS, parents=_PARENTS)


def test_what_handseg_did_not_make_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for out in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(BadInput, match="was not made by handseg; give another --out"):
            _is_done(Location(str(out)))


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    out = _made(Location(str(tmp_path / "out")))
    for content in (b"{", b"[]", b'{"stage": "\xff"}'):
        (out.path / "run.json").write_bytes(content)
        with pytest.raises(BadInput, match=r"(provenance of .*out: (no JSON|no rec)|json: not t)"):
            _is_done(out)


def test_a_record_nested_as_deeply_as_json_allows_is_compared(tmp_path: Path) -> None:
    out = _made(Location(str(tmp_path / "out")))
    text = '{"settings": ' + '{"a":' * 900 + "1" + "}" * 901
    (out.path / "run.json").write_text(text)
    with pytest.raises(BadInput, match="was made otherwise"):
        _is_done(out)
    (out.path / "run.json").write_text("[" * 100_000)
    with pytest.raises(BadInput, match="nested too deeply; remove the artifact and make it again"):
        _is_done(out)


def test_a_record_is_read_from_where_it_was_written(tmp_path: Path) -> None:
    for name in ("folds.csv", "run.json", "folder"):
        if name == "folder":
            (tmp_path / name).mkdir()
        provenance.write(tmp_path / name, {"stage": name})
        assert provenance.read(tmp_path / name) == {"stage": name}
    names = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.json"))
    assert names == ["folder/run.json", "folds.csv.run.json", "run.json"]
    with pytest.raises(BadInput, match="was not made by handseg"):
        provenance.read(tmp_path / "absent.csv")
