from pathlib import Path

import pytest

from handseg.errors import BadInput, MissingInput
from handseg.storage import artifact, s3, sums
from handseg.storage.location import Location


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """A folder for artifacts, local and in a real object store."""
    if request.param == "local":
        return Location(str(tmp_path / "run"))
    bucket: Path = request.getfixturevalue("object_store")
    return Location(f"s3://{bucket.name}/run")


def _write_cache(location: Location, text: str = "abc", *, replace: bool = False) -> None:
    with artifact.writing(location, folder=True, replace=replace) as path:
        (path / "train").mkdir()
        (path / "train" / text).write_text(text)
        (path / "run.json").write_text("{}")


def _write_table(location: Location, text: str = "abc", *, replace: bool = False) -> None:
    with artifact.writing(location, folder=False, replace=replace) as path:
        path.write_text(text)
        path.with_name(path.name + ".run.json").write_text(f'{{"{text}": 1}}')


def test_a_folder_comes_back_as_it_was_written(place: Location) -> None:
    location = place.child("cache")
    assert not artifact.exists(location)
    _write_cache(location)
    assert artifact.exists(location)
    with artifact.reading(location, verify=True) as path:
        assert path.name == "cache"
        assert (path / "train" / "abc").read_text() == "abc"
        artifact.verify(path)
        # By hand: one line of sums, run.json left out.
        line = f"{sums.file_sha256(path / 'train' / 'abc')}  train/abc\n"
        (path.parent / "line").write_text(line)
        assert artifact.content_hash(path) == sums.file_sha256(path.parent / "line")


def test_a_file_comes_back_with_its_sums_and_provenance(place: Location) -> None:
    location = place.child("folds.csv")
    assert not artifact.exists(location)
    _write_table(location)
    assert artifact.exists(location)
    with artifact.reading(location) as path:
        assert path.read_text() == "abc"
        artifact.verify(path)
        assert path.with_name("folds.csv.run.json").read_text() == '{"abc": 1}'


def test_provenance_is_read_without_the_artifact(place: Location) -> None:
    assert artifact.read_record(place.child("cache")) is None
    _write_cache(place.child("cache"))
    _write_table(place.child("folds.csv"))
    assert artifact.read_record(place.child("cache")) == "{}"
    assert artifact.read_record(place.child("folds.csv")) == '{"abc": 1}'


def test_what_an_artifact_is_can_be_told_from_its_sums_alone(place: Location) -> None:
    for location in (place.child("cache"), place.child("folds.csv")):
        with pytest.raises(MissingInput):
            artifact.fingerprint(location)
    _write_cache(place.child("cache"))
    _write_table(place.child("folds.csv"))
    for location in (place.child("cache"), place.child("folds.csv")):
        with artifact.reading(location) as path:
            record = artifact.record_path(path)
            expected = sums.Fingerprint(artifact.content_hash(path), sums.file_sha256(record))
        assert artifact.fingerprint(location) == expected


def test_an_edited_record_of_a_file_no_longer_matches(place: Location, tmp_path: Path) -> None:
    location = place.child("folds.csv")
    _write_table(location)
    edited = location.sibling("folds.csv.run.json")
    if location.is_remote:
        s3.put_text(edited, "{}")
    else:
        edited.path.write_text("{}")
    with (
        pytest.raises(BadInput, match="folds.csv.run.json: does not match its SHA-256"),
        artifact.reading(location, verify=True),
    ):
        pass


def test_an_artifact_is_replaced_only_when_asked(place: Location) -> None:
    _write_cache(place.child("cache"))
    with pytest.raises(BadInput, match=r"cache: is there already; give another --out"):
        _write_cache(place.child("cache"), "new")
    _write_cache(place.child("cache"), "new", replace=True)
    with artifact.reading(place.child("cache")) as path:
        assert [file.name for file in (path / "train").iterdir()] == ["new"]
    _write_table(place.child("folds.csv"))
    _write_table(place.child("folds.csv"), "new", replace=True)
    with artifact.reading(place.child("folds.csv")) as path:
        assert path.read_text() == "new"


def test_an_exception_leaves_no_artifact(place: Location) -> None:
    location = place.child("cache")
    with pytest.raises(ZeroDivisionError), artifact.writing(location, folder=True) as path:
        (path / "half").write_text("half")
        raise ZeroDivisionError
    assert not artifact.exists(location)
    _write_cache(location)
    assert artifact.exists(location)


def test_what_is_not_there_is_named(place: Location) -> None:
    with (
        pytest.raises(MissingInput, match=rf"{place}/cache: not found"),
        artifact.reading(place.child("cache")),
    ):
        pass


def test_a_changed_local_file_is_found_when_asked(tmp_path: Path) -> None:
    location = Location(str(tmp_path / "folds.csv"))
    _write_table(location)
    location.path.write_text("edited")
    with (
        pytest.raises(BadInput, match=r"folds\.csv: does not match its SHA-256"),
        artifact.reading(location, verify=True),
    ):
        pass
